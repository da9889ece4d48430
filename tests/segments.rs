//! Lists, segments and erasure as people use them: the program's commands from end to end.

#![cfg(test)]

mod support;

use serde_json::Value;
use std::fs;
use support::ledger_server::{LedgerServer, Manners};
use support::program::{Ended, run};
use support::workspace::{CAMPAIGN, Workspace};

const LIST: &str = "email,name,city,country,age\n\
    ann@x.example,Ann,Tokyo,JP,20\n\
    bob@x.example,Bob,Seoul,KR,41\n\
    eve@x.example,Eve,Osaka,JP,19\n\
    ann@x.example,Ann again,Oita,JP,20\n\
    nobody,No,No,JP,20\n";

fn workspace() -> (LedgerServer, Workspace) {
    let server = LedgerServer::start(Manners::default());
    let workspace = Workspace::new(server.address(), 2);
    workspace.write("list.csv", LIST.as_bytes());
    (server, workspace)
}

fn import(workspace: &Workspace, file: &str, more: &[&str]) -> Ended {
    let path = workspace.path().join(file);
    let arguments = ["import", path.to_str().unwrap(), "--list", "readers"];
    run(workspace.path(), &[&arguments[..], more].concat())
}

fn show(workspace: &Workspace) -> Value {
    let shown = run(
        workspace.path(),
        &["lists", "show", "readers", "--json", "--filled"],
    );
    assert_eq!(shown.code, Some(0), "{shown:?}");
    serde_json::from_str(&shown.stdout).unwrap()
}

fn said(ended: &Ended, words: &str) {
    assert!(
        ended.stderr.contains(words),
        "{words:?} is not in {}",
        ended.stderr
    );
}

/// Makes the campaign one of the list's, with a segment.
fn campaign(workspace: &Workspace, segment: &str) {
    let text = format!(
        "from = \"news@example.com\"\nsubject = \"Hello {{{{ name }}}}\"\nlist = \"readers\"\n\
         text = \"body.txt\"\nsegment = {segment:?}\n"
    );
    workspace.campaign_file("campaign.toml", text);
}

#[test]
fn the_same_file_again_changes_nothing_and_says_so() {
    let (_server, workspace) = workspace();
    let tried = import(&workspace, "list.csv", &["--dry-run"]);
    said(
        &tried,
        "5 rows: 3 added, 0 updated, 0 unchanged, 1 duplicates, 1 rejected",
    );
    said(&tried, "nothing was changed");
    let first = import(&workspace, "list.csv", &[]);
    said(
        &first,
        "5 rows: 3 added, 0 updated, 0 unchanged, 1 duplicates, 1 rejected",
    );
    let before = show(&workspace);
    for more in [&[][..], &["--dry-run"], &["--replace"], &["--keep-filled"]] {
        let again = import(&workspace, "list.csv", more);
        said(&again, "0 added, 0 updated, 3 unchanged, 1 duplicates");
        said(
            &again,
            if more == ["--dry-run"] {
                "nothing was changed"
            } else {
                "nothing changed"
            },
        );
        assert_eq!(show(&workspace), before);
    }
    // Exported and imported it is the same, types and signs included.
    workspace.write(
        "odd.csv",
        "email,note,age\nbob@x.example,\"=1+1\",\"２０\"\nann@x.example,\"'-a\n,\"\"b\",\n"
            .as_bytes(),
    );
    said(
        &import(&workspace, "odd.csv", &["--type", "age=number"]),
        "2 updated",
    );
    let before = show(&workspace);
    let file = workspace.path().join("out.csv");
    let out = file.to_str().unwrap();
    let ended = run(workspace.path(), &["lists", "export", "readers", "-o", out]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(fs::read_to_string(&file).unwrap().contains("'=1+1"));
    said(
        &import(&workspace, "out.csv", &[]),
        "0 added, 0 updated, 3 unchanged, 0 duplicates",
    );
    assert_eq!(show(&workspace), before);
    let again = fs::read(&file).unwrap();
    run(workspace.path(), &["lists", "export", "readers", "-o", out]);
    assert_eq!(fs::read(&file).unwrap(), again);
}

#[test]
fn imports_merge_and_take_rules() {
    let (_server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    workspace.write(
        "plans.csv",
        b"email,plan,age\nann@x.example,gold,\nnew@x.example,tin,5\n",
    );
    said(
        &import(&workspace, "plans.csv", &["--only-new", "--dry-run"]),
        "1 added, 0 updated, 0 unchanged, 0 duplicates, 0 rejected, 1 left alone",
    );
    said(
        &import(&workspace, "plans.csv", &["--only-known", "--keep-filled"]),
        "0 added, 1 updated, 0 unchanged, 0 duplicates, 0 rejected, 1 not in the list",
    );
    let out = run(
        workspace.path(),
        &["lists", "export", "readers", "--segment", "plan == 'gold'"],
    );
    assert_eq!(
        out.stdout,
        "email,name,city,country,age,plan\nann@x.example,Ann,Tokyo,JP,20,gold\n"
    );
    said(&import(&workspace, "plans.csv", &["--only-new"]), "1 added");
    said(&import(&workspace, "plans.csv", &[]), "0 added, 1 updated");
    let columns = &show(&workspace)["columns"];
    assert_eq!(columns[4]["type"], "whole");
    assert_eq!(
        (&columns[4]["filled"], &columns[5]["filled"]),
        (&3.into(), &2.into())
    );
    // A fixed type refuses what does not fit.
    workspace.write(
        "ages.csv",
        b"email,age\nbob@x.example,old\neve@x.example,20\n",
    );
    let fixed = import(&workspace, "ages.csv", &["--type", "age=whole"]);
    said(&fixed, "1 updated");
    said(&fixed, "age: \"old\" is not a whole number");
    said(&import(&workspace, "ages.csv", &[]), "1 rejected");
    said(
        &import(&workspace, "ages.csv", &["--type", "age=auto"]),
        "1 updated",
    );
    assert_eq!(show(&workspace)["columns"][4]["type"], "text");
    let wrong = import(&workspace, "ages.csv", &["--type", "age=whole"]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    said(
        &wrong,
        "\"old\" of bob@x.example in the list is not a whole number",
    );
    assert_eq!(
        import(&workspace, "ages.csv", &["--type", "aeg=whole"]).code,
        Some(2)
    );
}

#[test]
fn a_segment_is_counted_and_nobody_else_is_mailed() {
    let (server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    let expression = "country == \"JP\" and age >= 20";
    let count = ["lists", "count", "readers", "--segment", expression];
    let counted = run(workspace.path(), &count);
    assert_eq!(
        counted.stdout,
        "1 of 3 subscribers are in the segment, 1 of them not suppressed\n"
    );
    campaign(&workspace, expression);
    let plan = run(workspace.path(), &["plan", CAMPAIGN, "--offline"]);
    assert!(
        plan.stdout
            .starts_with("1 of 3 subscribers are in the segment\n"),
        "{plan:?}"
    );
    let preview = run(workspace.path(), &["preview", CAMPAIGN]);
    assert!(preview.stdout.contains("To: ann@x.example"), "{preview:?}");
    let other = run(
        workspace.path(),
        &["preview", CAMPAIGN, "--to", "bob@x.example"],
    );
    said(&other, "segment");
    let sent = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "plain", "--yes", "--skip-check"],
    );
    assert_eq!(sent.code, Some(0), "{sent:?}");
    said(&sent, "1 of 3 subscribers are in the segment");
    assert_eq!(server.count(), 1);
}

#[test]
fn mistakes_in_a_segment_stop_the_campaign_before_anything_is_sent() {
    let (server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    for (segment, words) in [
        ("contry == 'JP'", "did you mean `country`"),
        ("city > 5", "(row 1 has \"Tokyo\")"),
        ("country = 'JP'", "write `==`"),
    ] {
        campaign(&workspace, segment);
        for command in [
            &["send", CAMPAIGN, "--yes"][..],
            &["check", CAMPAIGN, "--offline"],
            &["plan", CAMPAIGN, "--offline"],
        ] {
            let ended = run(workspace.path(), command);
            assert_eq!(ended.code, Some(1), "{ended:?}");
            said(&ended, words);
            said(&ended, "^");
        }
    }
    assert_eq!(server.count(), 0);
}

#[test]
fn segments_of_japanese_files_know_their_types() {
    let (server, workspace) = workspace();
    let text = "メールアドレス,name,city,年齢,入会日\r\na@x.example,太郎,東京,２０,2026年1月5日\r\nb@x.example,花子,大阪,１９,2020年1月5日\r\n";
    let (octets, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    workspace.campaign_file("recipients.csv", octets);
    let set = "segment=\"年齢 >= 20 and 入会日 > 2026-01-01\"";
    let sent = run(
        workspace.path(),
        &[
            "send",
            CAMPAIGN,
            "--ui",
            "plain",
            "--yes",
            "--skip-check",
            "--set",
            set,
        ],
    );
    assert_eq!(sent.code, Some(0), "{sent:?}");
    said(&sent, "1 of 2 subscribers are in the segment");
    assert_eq!(server.count(), 1);
}

#[test]
fn lists_have_names_that_can_be_typed_and_shown() {
    let (_server, workspace) = workspace();
    let file = workspace.path().join("list.csv");
    let file = file.to_str().unwrap();
    for name in ["", " ", "a\nb", "\u{1b}[31mred", "../x", "a "] {
        let made = run(workspace.path(), &["import", file, "--list", name]);
        assert_eq!(made.code, Some(2), "{name:?} {made:?}");
        assert!(!made.stderr.contains('\u{1b}'), "{made:?}");
        let scope = ["suppress", "add", "a@x.example", "--list", name];
        assert_eq!(run(workspace.path(), &scope).code, Some(2), "{name:?}");
    }
    import(&workspace, "list.csv", &[]);
    let other = ["import", file, "--list", "other"];
    assert_eq!(run(workspace.path(), &other).code, Some(0));
    let named = run(workspace.path(), &["lists", "rename", "readers", "a\tb"]);
    assert_eq!(named.code, Some(2), "{named:?}");
    let taken = run(workspace.path(), &["lists", "rename", "readers", "other"]);
    assert_eq!(taken.code, Some(1), "{taken:?}");
    said(&taken, "there is a list \"other\" already");
}

#[test]
fn an_import_of_nothing_but_rejects_is_an_error() {
    let (_server, workspace) = workspace();
    workspace.write("bad.csv", b"email,age\nnobody,3\n");
    let bad = import(&workspace, "bad.csv", &[]);
    assert_eq!(bad.code, Some(1), "{bad:?}");
    said(&bad, "nothing was entered, every row was rejected");
    workspace.write("none.csv", b"email,age\n");
    said(&import(&workspace, "none.csv", &[]), "the file has no rows");
    import(&workspace, "list.csv", &[]);
    let typed = import(&workspace, "list.csv", &["--type", "age=number"]);
    assert_eq!(typed.code, Some(0), "{typed:?}");
    assert!(!typed.stderr.contains("nothing changed"), "{typed:?}");
}

#[test]
fn sources_that_spell_a_column_otherwise_fill_the_same_one() {
    let (server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    workspace.write(
        "more.csv",
        "email, Country ,ＡＧＥ,Name\nzoe@x.example,JP,33,Zoe\nann@x.example,JP,20,Ann\n"
            .as_bytes(),
    );
    let tried = import(
        &workspace,
        "more.csv",
        &["--dry-run", "--type", "Age=whole"],
    );
    said(&tried, "1 added, 0 updated, 1 unchanged");
    let more = import(&workspace, "more.csv", &[]);
    said(&more, "column \"Country\" is the list's `country`");
    said(&more, "is the list's `age`");
    let columns = show(&workspace)["columns"].clone();
    let columns: Vec<&str> = columns
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(columns, ["email", "name", "city", "country", "age"]);
    // Segments and templates find everybody's, in the list's spelling or another one.
    campaign(&workspace, "COUNTRY == 'JP' and Age >= 20");
    let send = ["send", CAMPAIGN, "--ui", "plain", "--yes", "--skip-check"];
    workspace.campaign_file("body.txt", "Dear {{ name }}\n");
    let sent = run(workspace.path(), &send);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    said(&sent, "2 of 4 subscribers are in the segment");
    assert_eq!(server.count(), 2);
    // Whoever wants a column of its own names it.
    let apart = import(&workspace, "more.csv", &["--map", "Country=Country"]);
    assert!(
        !apart.stderr.contains("is the list's `country`"),
        "{apart:?}"
    );
}

#[test]
fn a_rehearsal_suppresses_whom_the_workspace_does() {
    let (_server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    campaign(&workspace, "age > 0");
    for target in [
        &["bob@x.example"][..],
        &["eve@x.example", "--list", "readers"],
    ] {
        let add = run(workspace.path(), &[&["suppress", "add"], target].concat());
        assert_eq!(add.code, Some(0), "{add:?}");
    }
    let sent = run(
        workspace.path(),
        &[
            "send",
            CAMPAIGN,
            "--sandbox",
            "--ui",
            "plain",
            "--skip-check",
        ],
    );
    assert!(matches!(sent.code, Some(0 | 3)), "{sent:?}");
    let asked = ["report", CAMPAIGN, "--sandbox", "--format", "csv"];
    let report = run(workspace.path(), &asked);
    let suppressed = report.stdout.matches(",suppressed,").count();
    assert_eq!(suppressed, 2, "{report:?}");
}

#[test]
fn a_segment_of_nobody_leaves_the_campaign_unsent() {
    let (server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    campaign(&workspace, "age > 900");
    let send = ["send", CAMPAIGN, "--ui", "quiet", "--yes", "--skip-check"];
    let nobody = run(workspace.path(), &send);
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    said(&nobody, "nobody is in the segment: it takes none of 3");
    campaign(&workspace, "age > 19");
    let sent = run(workspace.path(), &send);
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert_eq!(server.count(), 2);
}

#[test]
fn people_are_taken_out_and_erased() {
    let (_server, workspace) = workspace();
    import(&workspace, "list.csv", &[]);
    let out = [
        "lists",
        "remove",
        "readers",
        "--address",
        "EVE@x.example",
        "none@x.example",
    ];
    said(&run(workspace.path(), &out), "1 of 2 addresses removed");
    assert_eq!(show(&workspace)["subscribers"], 2);
    campaign(&workspace, "age > 0");
    let sent = run(
        workspace.path(),
        &["send", CAMPAIGN, "--ui", "quiet", "--yes", "--skip-check"],
    );
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let asked = run(workspace.path(), &["lists", "erase", "ann@x.example"]);
    assert_eq!(asked.code, Some(1), "nobody was there to answer: {asked:?}");
    let erased = run(
        workspace.path(),
        &["lists", "erase", "Ann@x.example", "--yes"],
    );
    assert_eq!(erased.code, Some(0), "{erased:?}");
    said(
        &erased,
        "1 entries of lists, 1 recipients of past campaigns",
    );
    for file in fs::read_dir(workspace.store().parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let octets = fs::read(&path).unwrap().to_ascii_lowercase();
            let found = octets.windows(13).any(|part| part == b"ann@x.example");
            assert!(!found, "{}", path.display());
        }
    }
    let report = run(workspace.path(), &["report", CAMPAIGN, "--format", "csv"]);
    assert!(report.stdout.contains("\nerased,x.example,"), "{report:?}");
    let new = workspace.store().with_file_name("postmaster").join("new");
    fs::create_dir_all(&new).unwrap();
    for (name, writer) in [("hers", "ANN@x.example"), ("his", "bob@x.example")] {
        fs::write(new.join(name), format!("From: {writer}\r\n\r\nHello.\r\n")).unwrap();
    }
    let erase = ["lists", "erase", "ann@x.example", "--yes"];
    let named = run(workspace.path(), &erase);
    assert_eq!(named.code, Some(1), "{named:?}");
    said(&named, "new/hers: an address stands in this letter");
    assert!(!named.stderr.contains("new/his"), "{named:?}");
    assert!(new.join("hers").exists());
    fs::remove_file(new.join("hers")).unwrap();
    assert_eq!(run(workspace.path(), &erase).code, Some(0));
    let back = import(&workspace, "list.csv", &[]);
    said(&back, "1 added, 0 updated, 1 unchanged");
    said(&back, "2 erased");
    said(&back, "suppress remove");
}
