//! Which column holds the address, and what the fields are called.

use super::error::ListError;
use super::joining::joining;
use super::mapping::{fields, mapped};
use super::names::comparable;
use crate::model::{Address, readable, trim};
use std::sync::Arc;

/// The field of the address.
pub(super) const EMAIL: &str = "email";

/// Columns a list may have. Spreadsheets end at 16,384, and every field is kept per subscriber.
pub(super) const MOST: usize = 1000;

/// What columns with addresses are called, as [`comparable`] makes it, surest first.
const EMAIL_NAMES: &[&str] = &[
    "email",
    "emailaddress",
    "mailaddress",
    "mail",
    "emailid",
    "subscriberemail",
    "emailadr",
    "メールアドレス",
    "メール",
    "eメール",
    "eメールアドレス",
    "emailアドレス",
    "mailアドレス",
    "電子メール",
    "電子メールアドレス",
    "アドレス",
    "ﾒｰﾙｱﾄﾞﾚｽ",
    "ﾒｰﾙ",
    "eﾒｰﾙ",
    "eﾒｰﾙｱﾄﾞﾚｽ",
    "ｱﾄﾞﾚｽ",
    "courriel",
    "adresseemail",
    "adressemail",
    "adressecourriel",
    "adresseélectronique",
    "correo",
    "correoelectrónico",
    "correoelectronico",
    "emailadresse",
    "mailadresse",
    "epost",
    "epostadresse",
    "epostadress",
    "indirizzoemail",
    "postaelettronica",
    "endereçodeemail",
    "адресэлектроннойпочты",
    "электроннаяпочта",
    "почта",
    "邮箱",
    "电子邮件",
    "电子邮箱",
    "電子郵件",
    "電郵",
    "이메일",
    "이메일주소",
    "메일",
];

/// A list's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    /// As the header has them; `column1` and so on where there is none.
    pub(super) headers: Vec<String>,
    /// The field of each column: unique, and an identifier that templates can use.
    pub(super) fields: Vec<String>,
    /// The same, as every subscriber's fields share them.
    pub(super) shared: Vec<Arc<str>>,
    /// The place of the column with the address.
    pub(super) email: usize,
    /// The places of the columns whose fields a person named.
    said: Vec<usize>,
    /// Whether the first row was data already.
    pub(super) headless: bool,
}

impl Columns {
    /// Finds out by the first row and by what the user said.
    ///
    /// # Errors
    /// Where it stays unknown which column holds the address, or a mapping cannot be followed.
    pub(super) fn of(
        first: &[&str],
        line: u64,
        map: &[(String, String)],
    ) -> Result<Self, ListError> {
        if first.len() > MOST {
            let why = format!(
                "it has {} columns, more than {MOST}; is the delimiter right?",
                first.len()
            );
            return Err(ListError::Header { line, why });
        }
        let addresses: Vec<usize> = (0..first.len())
            .filter(|place| Address::parse(first[*place]).is_ok())
            .collect();
        let headless = !addresses.is_empty();
        let headers: Vec<String> = if headless {
            (1..=first.len()).map(|n| format!("column{n}")).collect()
        } else {
            first.iter().map(|name| trim(name).to_owned()).collect()
        };
        let mapped = mapped(&headers, map)?;
        let email = match mapped.iter().find(|(_, field)| *field == EMAIL) {
            Some((place, _)) => *place,
            None if headless => only_one(&addresses)?,
            None => by_name(&headers)?,
        };
        let fields = fields(&headers, email, &mapped);
        Ok(Self {
            headers,
            shared: fields.iter().map(|name| name.as_str().into()).collect(),
            fields,
            email,
            said: mapped.iter().map(|(place, _)| *place).collect(),
            headless,
        })
    }

    /// Spells columns as a list has them whose names differ in case, width or spaces alone. Gives
    /// those columns as the file and as the list calls them.
    pub(super) fn join(&mut self, list: &[String]) -> Vec<(String, String)> {
        let mut said = self.said.clone();
        said.push(self.email);
        let joining = joining(&self.fields, list, &said);
        let join = |(place, name): (usize, String)| {
            self.shared[place] = name.as_str().into();
            self.fields[place].clone_from(&name);
            (self.headers[place].clone(), name)
        };
        joining.into_iter().map(join).collect()
    }
}

/// Whether a first row's cell shows that it was cut out in the right places.
pub(super) fn is_address_or_its_name(cell: &str) -> bool {
    EMAIL_NAMES.contains(&comparable(cell).as_str()) || Address::parse(cell).is_ok()
}

/// The column with the address by its name.
fn by_name(headers: &[String]) -> Result<usize, ListError> {
    let names: Vec<String> = headers.iter().map(|name| comparable(name)).collect();
    for known in EMAIL_NAMES {
        let places: Vec<usize> = (0..names.len()).filter(|p| names[*p] == *known).collect();
        // Our own exports call it exactly so, whatever else a list has.
        let exact: Vec<usize> = (places.iter().copied())
            .filter(|place| headers[*place] == EMAIL)
            .collect();
        if let [only] = exact[..] {
            return Ok(only);
        }
        if !places.is_empty() {
            return only_one(&places);
        }
    }
    let like = |name: &String| {
        ["mail", "メール", "ﾒｰﾙ"]
            .iter()
            .any(|part| name.contains(part))
    };
    let suggestion = names.iter().position(like);
    Err(ListError::NoEmailColumn {
        columns: headers.to_vec(),
        suggestion: suggestion.map_or_else(|| "email=COLUMN".into(), |n| mapping(&headers[n])),
        data: headers.iter().any(|name| name.contains(['@', '＠'])),
    })
}

/// A mapping as one writes it in a shell.
fn mapping(header: &str) -> String {
    let header = readable(header);
    if header
        .chars()
        .all(|c| c.is_alphanumeric() || "-_.".contains(c))
    {
        format!("email={header}")
    } else {
        format!("'email={header}'")
    }
}

fn only_one(places: &[usize]) -> Result<usize, ListError> {
    match places {
        [place] => Ok(*place),
        places => Err(ListError::Ambiguous {
            numbers: places.iter().map(|place| place + 1).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(first: &[&str], map: &[(&str, &str)]) -> Result<Columns, String> {
        let map: Vec<_> = map
            .iter()
            .map(|(field, column)| ((*field).to_owned(), (*column).to_owned()))
            .collect();
        Columns::of(first, 1, &map).map_err(|error| error.to_string())
    }

    #[test]
    fn the_address_is_found_by_its_headers_name() {
        for header in [
            "email",
            "E-Mail",
            "Email Address",
            "MAIL*",
            "メールアドレス",
            "Ｅメール",
            "ﾒｰﾙｱﾄﾞﾚｽ",
            "電子メール",
            "courriel",
            "Adresse e-mail",
            "Correo electrónico",
            "\u{feff}E-mail ",
        ] {
            let found = columns(&["name", header], &[]).unwrap();
            assert_eq!((found.email, found.headless), (1, false), "{header}");
            assert_eq!(found.fields, ["name", "email"]);
        }
        // The surest name wins over one that may be something else.
        assert_eq!(columns(&["アドレス", "email"], &[]).unwrap().email, 1);
    }

    #[test]
    fn fields_are_unique_and_fit_for_templates() {
        let found = columns(
            &["Email", "First name", "", "First-name", "in", "氏名"],
            &[],
        )
        .unwrap();
        assert_eq!(
            found.fields,
            [
                "email",
                "First_name",
                "column3",
                "First_name_2",
                "in_",
                "氏名"
            ]
        );
        let found = columns(&["email", "mail"], &[("email", "mail")]).unwrap();
        assert_eq!(found.fields, ["email_2", "email"]);
    }

    #[test]
    fn mappings_name_columns_in_several_ways() {
        for column in ["Contact Point", "contact-point", "2"] {
            let found = columns(&["id", "Contact Point"], &[("email", column)]).unwrap();
            assert_eq!(found.email, 1, "{column}");
        }
        let map = [("email", "mail"), ("name", "氏名")];
        let found = columns(&["mail", "氏名", "name"], &map).unwrap();
        assert_eq!(found.fields, ["email", "name", "name_2"]);
    }

    #[test]
    fn a_file_without_header_is_data_from_its_first_row() {
        let found = columns(&["Ann", "ann@example.org"], &[]).unwrap();
        assert!(found.headless);
        assert_eq!(
            (found.email, found.fields),
            (1, vec!["column1".to_owned(), "email".to_owned()])
        );
        let error = columns(&["a@x.org", "b@x.org"], &[]).unwrap_err();
        assert_eq!(
            error,
            "columns 1 and 2 could each hold the address; say which does: --map email=1"
        );
        assert_eq!(
            columns(&["a@x.org", "b@x.org"], &[("email", "2")])
                .unwrap()
                .email,
            1
        );
    }

    #[test]
    fn errors_name_what_there_is_and_what_to_write() {
        assert_eq!(
            columns(&["id", "Work e-mail"], &[]).unwrap_err(),
            "no column is called `email` or the like; the columns are `id`, `Work e-mail`; \
             say which one holds the address: --map 'email=Work e-mail'"
        );
        assert_eq!(
            columns(&["Ann", "ann@x"], &[]).unwrap_err(),
            "no column is called `email` or the like; the columns are `Ann`, `ann@x`; say which \
             one holds the address: --map email=COLUMN (the first line looks like data: is the \
             header line missing?)"
        );
        assert_eq!(
            columns(&["email", "x", "email"], &[]).unwrap_err(),
            "columns 1 and 3 could each hold the address; say which does: --map email=1"
        );
        assert_eq!(
            columns(&["e-post", "name"], &[("email", "e-pots")]).unwrap_err(),
            "--map email=e-pots: there is no such column; the columns are `e-post`, `name`; \
             did you mean `e-post`?"
        );
        for (map, why) in [
            (vec![("a b", "1")], "letters, digits"),
            (
                vec![("email", "1"), ("email", "2")],
                "field is mapped twice",
            ),
            (
                vec![("email", "1"), ("name", "1")],
                "column is mapped twice",
            ),
        ] {
            let error = columns(&["x", "y"], &map).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let many = vec!["x"; 1001];
        assert!(
            columns(&many, &[])
                .unwrap_err()
                .starts_with("line 1: the header cannot be read")
        );
    }
}
