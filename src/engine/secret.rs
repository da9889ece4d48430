//! Secrets from where they are kept: the environment, a file, a command.
//!
//! They are read when a run starts, and tokens again when they have run out. What is read is said
//! nowhere: errors name the place.

use crate::model::{Route, RouteMode, Secret};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// How long a command may take to tell a secret.
const PATIENCE: Duration = Duration::from_secs(30);
/// Octets that are read of a command's output, and of a file.
const MOST: u64 = 64 * 1024;

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("the secret for {relay} cannot be read from {place}: {why}")]
pub struct SecretError {
    /// The relay it is for.
    pub relay: String,
    /// Where it was looked for.
    pub place: Secret,
    /// What went wrong there.
    pub why: String,
}

/// The secrets of a route's relays, in their order.
///
/// # Errors
/// Where one of them cannot be read. All of them are needed: a relay without its secret would be
/// missed only when the others fail.
pub(crate) async fn read_all(route: &Route) -> Result<Vec<Option<SecretString>>, SecretError> {
    let RouteMode::Relay(relays) = &route.mode else {
        return Ok(Vec::new());
    };
    if route.override_to.is_some() {
        return Ok(Vec::new());
    }
    let mut secrets = Vec::with_capacity(relays.len());
    for relay in relays {
        secrets.push(match &relay.auth {
            Some(auth) => Some(read(&relay.host, &auth.secret).await?),
            None => None,
        });
    }
    Ok(secrets)
}

/// The secret kept at `place`, for the relay called `relay`.
///
/// # Errors
/// Where there is none.
pub(crate) async fn read(relay: &str, place: &Secret) -> Result<SecretString, SecretError> {
    let found = match place {
        Secret::Env(name) => from_env(name),
        Secret::File(path) => match tokio::fs::File::open(path).await {
            Ok(mut file) => first_line(&mut file).await,
            Err(error) => Err(error.to_string()),
        },
        Secret::Command(line) => from_command(line).await,
    };
    let found = found.and_then(|secret| {
        if secret.is_empty() {
            Err("it is empty".to_owned())
        } else {
            Ok(SecretString::from(secret.as_str()))
        }
    });
    found.map_err(|why| SecretError {
        relay: relay.to_owned(),
        place: place.clone(),
        why,
    })
}

type Found = Result<Zeroizing<String>, String>;

fn from_env(name: &str) -> Found {
    match std::env::var(name) {
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err("it is not set".to_owned()),
        Err(std::env::VarError::NotUnicode(_)) => Err("it is not UTF-8".to_owned()),
    }
}

async fn from_command(line: &str) -> Found {
    let spawned = Command::new("sh")
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = spawned.map_err(|error| format!("it cannot be started: {error}"))?;
    tokio::time::timeout(PATIENCE, output(child))
        .await
        .unwrap_or_else(|_| Err(format!("it has not ended within {} s", PATIENCE.as_secs())))
}

/// The first line that a command prints, once it has ended well.
async fn output(mut child: Child) -> Found {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (printed, complained, ended) = tokio::join!(
        async {
            match stdout {
                Some(mut stdout) => {
                    let line = first_line(&mut stdout).await;
                    // A command that cannot say the rest may take that for a failure.
                    let _ = tokio::io::copy(&mut stdout, &mut tokio::io::sink()).await;
                    line
                }
                None => Ok(Zeroizing::default()),
            }
        },
        async {
            match stderr {
                Some(mut stderr) => {
                    let line = first_line(&mut stderr).await.unwrap_or_default();
                    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
                    line
                }
                None => Zeroizing::default(),
            }
        },
        child.wait(),
    );
    let status = ended.map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(match complained.as_str() {
            "" => format!("it ended with {status}"),
            words => format!("it ended with {status} and said {words:?}"),
        });
    }
    printed
}

/// The first line, without its end.
async fn first_line(from: impl AsyncRead + Unpin) -> Found {
    let mut octets = Zeroizing::new(Vec::new());
    let read = from.take(MOST).read_to_end(&mut octets).await;
    read.map_err(|error| error.to_string())?;
    let line = octets.split(|octet| *octet == b'\n').next();
    let line = line.unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(line) => Ok(Zeroizing::new(line.to_owned())),
        Err(_) => Err("its first line is not UTF-8".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    async fn command(line: &str) -> Result<String, String> {
        let found = read("relay", &Secret::Command(line.to_owned())).await;
        found
            .map(|secret| secret.expose_secret().to_owned())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_command_tells_it_with_its_first_line() {
        assert_eq!(
            command("printf 'geheim\\r\\nmore\\n'").await.unwrap(),
            "geheim"
        );
        assert_eq!(
            command("printf ' with spaces '").await.unwrap(),
            " with spaces "
        );
        // More than a pipe holds: nobody waits for the rest.
        let long = command("echo geheim; head -c 1000000 /dev/zero").await;
        assert_eq!(long.unwrap(), "geheim");
    }

    #[tokio::test]
    async fn a_command_that_fails_says_how() {
        let failed = command("echo geheim; echo 'no agent' >&2; echo more >&2; exit 3").await;
        let failed = failed.unwrap_err();
        assert!(failed.contains("exit status: 3"), "{failed}");
        assert!(failed.contains("\"no agent\""), "{failed}");
        let missing = command("/nowhere/at/all").await.unwrap_err();
        assert!(missing.contains("exit status: 127"), "{missing}");
        assert!(command("true").await.unwrap_err().contains("it is empty"));
        assert!(
            command("printf '\\377'")
                .await
                .unwrap_err()
                .contains("UTF-8")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_has_only_so_long() {
        let endless = command("exec sleep 1000").await.unwrap_err();
        assert!(endless.contains("within 30 s"), "{endless}");
    }

    #[tokio::test]
    async fn files_and_variables_are_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "geheim\nanother line\n").unwrap();
        let place = Secret::File(file.path().to_owned());
        let found = read("relay", &place).await.unwrap();
        assert_eq!(found.expose_secret(), "geheim");
        assert!(!format!("{found:?}").contains("geheim"));
        std::fs::write(file.path(), "\ngeheim").unwrap();
        let empty = read("relay", &place).await.unwrap_err().to_string();
        assert!(empty.contains("it is empty"), "{empty}");
        let path = read("relay", &Secret::Env("PATH".to_owned()))
            .await
            .unwrap();
        assert!(!path.expose_secret().is_empty());
        let unset = read("relay", &Secret::Env("HIKYAKU_TEST_UNSET".to_owned())).await;
        assert_eq!(
            unset.unwrap_err().to_string(),
            "the secret for relay cannot be read from the environment variable \
             HIKYAKU_TEST_UNSET: it is not set"
        );
    }
}
