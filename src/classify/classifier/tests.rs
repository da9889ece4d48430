//! The built-in rules: their own samples, the collected replies, and speed.

use super::*;
use crate::model::Action;
use crate::model::EnhancedCode;
use proptest::prelude::*;
use std::path::Path;

/// The file's rules with what the classifier itself leaves out.
#[derive(Deserialize)]
struct Samples {
    rule: Vec<Sampled>,
}

#[derive(Deserialize)]
struct Sampled {
    reason: String,
    samples: Vec<Sample>,
}

/// A reply the rule must be the first to fit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Sample {
    /// As on the wire: `550 5.1.1 User unknown`.
    Line(String),
    /// With what else was known.
    Full {
        line: String,
        #[serde(default)]
        stage: Option<String>,
        #[serde(default)]
        provider: String,
    },
}

/// A reply as it stands on the wire.
fn reply(line: &str) -> Reply {
    let (code, text) = line.split_at(3);
    let text = text.trim_start();
    let first = text.split(' ').next().unwrap_or_default();
    let enhanced = EnhancedCode::parse(first);
    let text = if enhanced.is_some() {
        text[first.len()..].trim_start()
    } else {
        text
    };
    Reply {
        code: code.parse().unwrap(),
        enhanced,
        text: text.to_owned(),
    }
}

#[test]
fn every_rule_is_the_first_to_fit_its_samples() {
    let file: Samples = toml::from_str(include_str!("../rules.toml")).unwrap();
    let classifier = Classifier::from_toml(include_str!("../rules.toml")).unwrap();
    let mut wrong = Vec::new();
    for (place, written) in file.rule.iter().enumerate() {
        assert!(
            !written.samples.is_empty(),
            "rule {} has no sample",
            place + 1
        );
        for sample in &written.samples {
            let (line, stage, provider) = match sample {
                Sample::Line(line) => (line, None, ""),
                Sample::Full {
                    line,
                    stage,
                    provider,
                } => (line, stage.as_deref(), provider.as_str()),
            };
            let stage = stage.map(|stage| stage.parse().unwrap());
            let found = classifier.rule_for(&reply(line), stage, provider);
            if found != Some(place) {
                let by = found.map(|place| (place + 1, file.rule[place].reason.as_str()));
                wrong.push(format!(
                    "rule {} ({}): {line:?} is taken by {by:?}",
                    place + 1,
                    written.reason
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What a server blocks or switches off is often the sender, the letter or its attachment.
#[test]
fn a_word_for_blocked_burns_no_address_by_itself() {
    for line in [
        "550 5.7.1 <ana@x.example>: mensaje bloqueado, contiene virus",
        "550 5.7.1 El mensaje para el destinatario fue bloqueado",
        "554 5.7.1 Mensagem bloqueada: anexo proibido para este destinatário",
        "550 <a@x.example>: отправитель заблокирован",
        "550 Сообщение заблокировано, получатель <a@x.example>: вирус",
        "550 <a@x.example> zablokowano: nadawca na czarnej liście",
        "554 Wiadomość zablokowana przez filtr użytkownika",
        "550 Nachricht gesperrt: Anhang nicht erlaubt <a@x.example>",
        "550 Die IP-Adresse ist gesperrt, Postfach <a@x.example>",
        "550 Ce message est bloqué : l'expéditeur est désactivé, <a@x.example>",
        "550 Bericht geblokkeerd, afzender staat op een lijst; gebruiker a",
        "550 *** <a@x.example> 送信元が停止されています",
        "550 <a@x.example> 发件人已被禁用",
    ] {
        let judgement = Classifier::builtin().judge(&reply(line), None, "");
        assert_ne!(judgement.action, Action::Suppress, "{line}: {judgement:?}");
    }
}

/// Real replies with their reasons, where they lie beside the checkout. The demands are lower than
/// what is reached, so that they do not reward rules made for single lines.
#[test]
fn collected_replies_are_judged_as_people_judge_them() {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    let mut places = above.map(|folder| folder.join("shared/bounces/replies-dev.tsv"));
    let Some(text) = places.find_map(|place| std::fs::read_to_string(place).ok()) else {
        return;
    };
    let (mut all, mut strict, mut lenient, mut actions) = (0, 0, 0, 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let &[
            id,
            code,
            enhanced,
            words,
            stage,
            provider,
            reason,
            others,
            action,
            ..,
        ] = &cells[..]
        else {
            panic!("{line}");
        };
        let reply = Reply {
            code: code.parse().unwrap(),
            enhanced: EnhancedCode::parse(enhanced),
            text: words.to_owned(),
        };
        let stage = match stage {
            "" => None,
            "HELO" | "EHLO" => Some(Stage::Connect),
            "DATA" => Some(Stage::Final),
            other => Some(other.to_lowercase().parse().unwrap()),
        };
        let judgement = Classifier::builtin().judge(&reply, stage, provider);
        let right = judgement.reason.as_str() == reason;
        let allowed = right
            || others
                .split(',')
                .any(|other| other == judgement.reason.as_str());
        all += 1;
        strict += usize::from(right);
        lenient += usize::from(allowed);
        actions += usize::from(judgement.action.as_str() == action);
        if !right {
            let also = if allowed { " (allowed)" } else { "" };
            println!(
                "{id} {reason} not {}{also}: {code} {enhanced} {words}",
                judgement.reason
            );
        }
    }
    let share = |n: usize| 100.0 * n as f64 / f64::from(all);
    println!(
        "{all} replies: reason {:.1} %, or an allowed one {:.1} %, action {:.1} %",
        share(strict),
        share(lenient),
        share(actions)
    );
    assert!(share(strict) >= 85.0 && share(actions) >= 90.0);
}

#[test]
fn delays_come_with_the_judgement() {
    let judge = |line| Classifier::builtin().judge(&reply(line), Some(Stage::Rcpt), "");
    let judgement = judge("451 4.7.1 Greylisted, try again in 300 seconds");
    assert_eq!(judgement.reason, Reason::Greylisted);
    assert_eq!(
        judgement.retry_after,
        Some(std::time::Duration::from_secs(300))
    );
}

#[test]
fn wrong_rules_are_refused() {
    for text in [
        "rule = 5",
        "[[rule]]\nreason = \"tired\"",
        "[[rule]]\nreason = \"virus\"\nany = [\"{none}\"]",
        "[[rule]]\nreason = \"virus\"\nenhanced = [\"5.1\"]",
        "[[rule]]\nreason = \"virus\"\nstage = [\"later\"]",
        "[[rule]]\nreason = \"virus\"\nwords = [\"x\"]",
    ] {
        assert!(Classifier::from_toml(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn every_reply_has_one_judgement(code in 200_u16..600, text in "(?s).{0,200}", provider in ".{0,20}") {
        let reply = Reply { code, enhanced: None, text };
        let judgement = Classifier::builtin().judge(&reply, None, &provider);
        prop_assert_eq!(judgement.blame, judgement.reason.blame());
        if judgement.action == Action::Suppress {
            prop_assert!(reply.is_permanent() && judgement.blame == crate::model::Blame::Recipient);
        }
    }
}
