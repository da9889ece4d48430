//! `dkim`: key pairs, and the DNS records that publish them.

use super::args::{Dkim as Args, DkimAction, KeyKind, NewKey};
use super::context::{Context, Opened};
use super::fail::{DONE, Failure, Outcome};
use super::output::{data, say, unwritable};
use crate::dkim::{
    KeyType, LoadError, NamedKey, PrivateKey, Signers, Unaligned, generate_ed25519, generate_rsa,
};
use crate::model::{DkimKey, Domain, Signer};
use rsa::rand_core::{OsRng, RngCore};
use serde::Serialize;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// `hikyaku dkim`
pub(super) fn run(context: &Context, args: &Args) -> Outcome {
    match &args.action {
        DkimAction::New(new) => make(context, new),
        DkimAction::Show { domain, json } => show(context, domain.as_deref(), *json),
    }
}

/// All configured keys, read from their files.
pub(super) fn signers(keys: &[DkimKey]) -> Result<Signers, Failure> {
    let texts = keys.iter().map(|key| Ok((key, read(&key.key_file)?)));
    let texts = texts.collect::<Result<Vec<_>, Failure>>()?;
    Ok(Signers::load(texts)?)
}

/// What signs a campaign's messages; nothing where no keys are configured. A message that should
/// be signed and is not would harm its sender more than one that is not sent, so that a key that
/// is missing, broken or another domain's is an error.
pub(super) fn signer(opened: &Opened) -> Result<Option<Arc<dyn Signer>>, Failure> {
    let signers = signers(&opened.settings.dkim)?;
    Ok(signers.for_domain(opened.campaign.from.address.domain())?)
}

/// `dkim new`
fn make(context: &Context, new: &NewKey) -> Outcome {
    let domain = Domain::parse(&new.domain).map_err(Failure::usage)?;
    let selector = selector(&new.selector)?;
    if new.kind == KeyKind::Ed25519 && new.bits.is_some() {
        return Err(Failure::usage(
            "--bits is for RSA: an Ed25519 key always has 256",
        ));
    }
    let file = new.output.clone().unwrap_or_else(|| {
        let name = format!("{domain}.{selector}.pem");
        context.root.join("dkim").join(name)
    });
    let text = generate(new.kind, new.bits.unwrap_or(DEFAULT_BITS))?;
    let key = NamedKey {
        domain: domain.to_string(),
        selector,
        key: PrivateKey::from_pem(&text).map_err(Failure::new)?,
    };
    write(&file, &text)?;
    say(format_args!(
        "{}: the private key; keep it secret, and keep a copy",
        file.display()
    ));
    say(format_args!(
        "publish the record, then add the lines below it to hikyaku.toml; receivers find the key \
         once the record is in DNS"
    ));
    data(None, |out| {
        let snippet = snippet(&key, &context.root, &file);
        write!(out, "{}\n{snippet}", zone_lines(&key)).map_err(unwritable)
    })?;
    Ok(DONE)
}

/// A selector as it stands in DNS: labels of letters, digits, hyphens and underscores.
fn selector(text: &str) -> Result<String, Failure> {
    let sound = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(sound);
    if text.len() <= LONGEST_SELECTOR && text.split('.').all(label) {
        return Ok(text.to_ascii_lowercase());
    }
    let wrong = format_args!("--selector {text:?}: write letters, digits and hyphens, as in 2026a");
    Err(Failure::usage(wrong))
}

fn generate(kind: KeyKind, bits: u16) -> Result<String, Failure> {
    match kind {
        KeyKind::Rsa => generate_rsa(bits.into(), &mut OsRng)
            .map_err(|why| Failure::new(format_args!("no RSA key could be made: {why}"))),
        KeyKind::Ed25519 => {
            let mut seed = [0; 32];
            OsRng.try_fill_bytes(&mut seed).map_err(|error| {
                Failure::new(format_args!("the system gives no randomness: {error}"))
            })?;
            Ok(generate_ed25519(&seed))
        }
    }
}

/// Writes a file that only its owner can read, and none that is there already.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let wrong = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let failure = Failure::new(format_args!("{}: there is a file already", path.display()));
            failure.hint(
                "no key is ever overwritten: mail signed with it may be on its way; choose another selector or -o FILE",
            )
        }
        _ => Failure::file(path, &error),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)?;
    file.sync_all().map_err(wrong)
}

/// What hikyaku.toml needs for a key.
fn snippet(key: &NamedKey, root: &Path, file: &Path) -> String {
    let below = |path: &Path| {
        Some(
            path.strip_prefix(root.canonicalize().ok()?)
                .ok()?
                .to_owned(),
        )
    };
    let whole = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let path = below(&whole).unwrap_or(whole);
    // A string of JSON is one of TOML.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    format!(
        "[[dkim]]\ndomain = {}\nselector = {}\nkey_file = {}\n",
        quoted(&key.domain),
        quoted(&key.selector),
        quoted(&path.to_string_lossy()),
    )
}

/// A key's record as a zone file takes it: name, type, and the value in strings.
fn zone_lines(key: &NamedKey) -> String {
    let strings = key.key.public().record_strings();
    let lines: Vec<String> = strings.iter().map(|text| format!("\"{text}\"")).collect();
    let value = match lines.as_slice() {
        [line] => line.clone(),
        lines => format!("(\n  {}\n)", lines.join("\n  ")),
    };
    format!("{}. IN TXT {value}\n", key.record_name())
}

/// `dkim show`
fn show(context: &Context, domain: Option<&str>, json: bool) -> Outcome {
    let configured = context.settings()?.dkim;
    if configured.is_empty() {
        let failure = Failure::new("no [[dkim]] keys are configured");
        return Err(failure.hint("`hikyaku dkim new --domain DOMAIN --selector NAME` makes one"));
    }
    let signers = signers(&configured)?;
    let wanted = domain.map(Domain::parse).transpose();
    let wanted = wanted.map_err(Failure::usage)?;
    let all = signers.keys().zip(&configured);
    let shown: Vec<Shown> = all
        .filter(|(key, _)| {
            wanted
                .as_ref()
                .is_none_or(|wanted| key.domain == wanted.as_str())
        })
        .map(|(key, configured)| Shown::of(key, configured))
        .collect();
    if let (true, Some(wanted)) = (shown.is_empty(), wanted) {
        return Err(
            Failure::new(format_args!("there is no [[dkim]] key for {wanted}"))
                .hint("`hikyaku dkim show` shows all"),
        );
    }
    data(None, |out| {
        if json {
            serde_json::to_writer_pretty(&mut *out, &shown).map_err(unwritable)?;
            return writeln!(out).map_err(unwritable);
        }
        shown.iter().try_for_each(|shown| {
            let comment = format!(
                "; {} ({} bits), {}",
                shown.kind,
                shown.bits,
                shown.key_file.display()
            );
            write!(out, "{comment}\n{}", shown.zone).map_err(unwritable)
        })
    })?;
    Ok(DONE)
}

/// A key as `dkim show` prints it.
#[derive(Serialize)]
struct Shown {
    domain: String,
    selector: String,
    /// Where the record belongs.
    name: String,
    #[serde(rename = "type")]
    record_type: &'static str,
    /// The record's text, its strings put together.
    value: String,
    /// The same in strings of at most 255 octets.
    strings: Vec<String>,
    key_type: &'static str,
    bits: usize,
    key_file: PathBuf,
    #[serde(skip)]
    kind: KeyType,
    #[serde(skip)]
    zone: String,
}

impl Shown {
    fn of(key: &NamedKey, configured: &DkimKey) -> Self {
        let public = key.key.public();
        Self {
            domain: key.domain.clone(),
            selector: key.selector.clone(),
            name: key.record_name(),
            record_type: "TXT",
            value: public.record(),
            strings: public.record_strings(),
            key_type: public.key_type().as_str(),
            bits: public.bits(),
            key_file: configured.key_file.clone(),
            kind: public.key_type(),
            zone: zone_lines(key),
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let octets = fs::read(path).map_err(|error| Failure::file(path, &error))?;
    // What is not text has no PEM in it, and the key's reader says so.
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::new(&error).hint(error.remedy())
    }
}

impl From<Unaligned> for Failure {
    fn from(error: Unaligned) -> Self {
        Self::new(&error).hint(error.remedy())
    }
}

/// What receivers recommend.
const DEFAULT_BITS: u16 = 2048;
/// With `._domainkey.` and a domain it must fit into a name of 253 characters.
const LONGEST_SELECTOR: usize = 100;
