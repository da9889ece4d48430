//! What templates can do to values besides what the engine brings: dates, numbers and money as a
//! language writes them, and small things that letters need. Cells of a list are texts, so all of
//! them take texts.

mod cache;
mod date;
mod money;
mod number;
mod settings;
mod text;

pub(in crate::render) use settings::Settings;

use minijinja::Environment;

/// Makes the filters known.
pub(super) fn install(environment: &mut Environment<'static>, settings: &Settings) {
    date::install(environment, settings);
    number::install(environment, settings);
    money::install(environment, settings);
    text::install(environment);
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::AutoEscape;

    /// What a text template of an English letter makes, or the words of its error.
    pub(super) fn render(template: &str) -> Result<String, String> {
        render_as(AutoEscape::None, template)
    }

    /// The same of an HTML template.
    pub(super) fn render_html(template: &str) -> Result<String, String> {
        render_as(AutoEscape::Html, template)
    }

    fn render_as(escape: AutoEscape, template: &str) -> Result<String, String> {
        let mut environment = crate::render::template::engine::environment();
        environment.set_auto_escape_callback(move |_| escape.clone());
        install(&mut environment, &Settings::new(None, None).unwrap());
        environment
            .render_str(template, ())
            .map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_letter_names_its_language_and_zone() {
        assert!(Settings::new(Some("ja-JP-u-ca-japanese"), Some("Asia/Tokyo")).is_ok());
        for (locale, zone) in [
            (Some("xx"), None),
            (Some("?"), None),
            (None, Some("Nowhere")),
        ] {
            let error = Settings::new(locale, zone).unwrap_err();
            assert!(
                error.to_string().contains(locale.or(zone).unwrap()),
                "{error}"
            );
        }
    }
}
