//! The two forms of the text: OpenMetrics, and the one Prometheus had before.

/// The media type of OpenMetrics 1.0.
pub(in crate::serve) const OPEN: &str =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The media type of the older form.
pub(in crate::serve) const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Which form a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve) enum Wanted {
    Open,
    Classic,
}

/// By `Accept`: OpenMetrics for whoever names it, the older form for browsers, curl and the rest.
pub(in crate::serve) fn wanted(accept: Option<&str>) -> Wanted {
    let named = accept
        .unwrap_or_default()
        .split(',')
        .filter_map(|kind| kind.split(';').next())
        .any(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/openmetrics-text")
        });
    if named { Wanted::Open } else { Wanted::Classic }
}

/// OpenMetrics in the older form, in which a counter is declared under the name of its samples and
/// nothing marks the end.
pub(in crate::serve) fn classic(open: &str) -> String {
    let mut counters: Vec<&str> = Vec::new();
    for line in open.lines() {
        if let Some(name) = declared(line, "# TYPE ").filter(|_| line.ends_with(" counter")) {
            counters.push(name);
        }
    }
    let mut text = String::with_capacity(open.len() + 64);
    for line in open.lines().filter(|line| *line != "# EOF") {
        let start = ["# HELP ", "# TYPE "]
            .into_iter()
            .find_map(|start| Some((start, declared(line, start)?)));
        match start {
            Some((start, name)) if counters.contains(&name) => {
                let rest = &line[start.len() + name.len()..];
                text.push_str(&format!("{start}{name}_total{rest}\n"));
            }
            _ => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    text
}

/// The name that a line of this kind declares something about.
fn declared<'l>(line: &'l str, start: &str) -> Option<&'l str> {
    line.strip_prefix(start)?.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_openmetrics_gets_it() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*;q=0.1";
        assert_eq!(wanted(Some(prometheus)), Wanted::Open);
        assert_eq!(wanted(Some("*/*")), Wanted::Classic);
        assert_eq!(wanted(None), Wanted::Classic);
    }

    #[test]
    fn counters_are_declared_as_they_are_sampled() {
        let open = "# HELP a_b Things.\n# TYPE a_b counter\na_b_total{x=\"# EOF\"} 1\n# TYPE a gauge\na 2\n# EOF\n";
        let want = "# HELP a_b_total Things.\n# TYPE a_b_total counter\na_b_total{x=\"# EOF\"} 1\n# TYPE a gauge\na 2\n";
        assert_eq!(classic(open), want);
    }
}
