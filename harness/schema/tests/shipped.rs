//! The schemas that come with the tool: all load, and saving gives their very texts.

use qmprobe_schema::{
    Provenance, Schema, TypeKind, fingerprint, from_own, load_text, shipped, shipped_names, to_own,
};
use std::path::Path;

fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let dirs = ["qmp", "qga", "era"].map(|dir| root.join(dir).read_dir().expect("there are schemas"));
    let files = dirs.into_iter().flatten().map(|entry| entry.expect("a file").path());
    files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).expect("text"))).collect()
}

fn all() -> Vec<(&'static str, Schema)> {
    shipped_names().map(|name| (name, shipped(name).expect("listed").expect(name))).collect()
}

#[test]
fn saving_what_was_loaded_gives_the_same_text() {
    let texts = texts();
    assert_eq!(texts.len(), shipped_names().count(), "a schema in the folder is not shipped");
    for (file, text) in texts {
        let without: String = text
            .lines()
            .filter(|line| !line.starts_with("\"provenance\""))
            .map(|l| format!("{l}\n"))
            .collect();
        let saved = to_own(&load_text(&text, &file).unwrap(), &Provenance::default());
        assert!(saved == without, "{file}");
    }
}

#[test]
fn loading_what_was_saved_gives_the_same_schema() {
    for (name, schema) in all() {
        let again = from_own(&to_own(&schema, &Provenance::default()), name).unwrap();
        assert_eq!(again, schema, "{name}");
        assert_eq!(fingerprint(&again), fingerprint(&schema));
    }
}

#[test]
fn no_two_are_the_same() {
    let mut prints: Vec<String> = all().iter().map(|(_, schema)| fingerprint(schema)).collect();
    prints.sort();
    // The agents of 10.0 and 11.1 declare the same.
    prints.dedup();
    assert_eq!(prints.len(), shipped_names().count() - 1);
}

#[test]
fn an_unknown_name_is_none() {
    assert!(shipped("qemu-0.1").is_none());
}

#[test]
fn every_command_of_a_monitor_came_by_introspection() {
    for (name, schema) in
        all().iter().filter(|(name, _)| !name.starts_with("qga-") && !name.starts_with("era/"))
    {
        assert!(schema.command("query-qmp-schema").is_some_and(|command| !command.marshalled), "{name}");
        assert!(schema.command("qmp_capabilities").is_some_and(|command| command.marshalled), "{name}");
        assert!(schema.types.iter().all(|def| def.name.is_none()), "{name}");
        assert!(schema.commands.iter().all(|command| command.allow_preconfig.is_none()), "{name}");
    }
}

#[test]
fn names_are_sorted_and_found() {
    for (name, schema) in all() {
        assert!(schema.commands.is_sorted_by_key(|command| &command.name), "{name}");
        assert!(schema.events.is_sorted_by_key(|event| &event.name), "{name}");
        for command in &schema.commands {
            assert_eq!(schema.command(&command.name), Some(command));
        }
        for event in &schema.events {
            assert_eq!(schema.event(&event.name), Some(event));
        }
    }
}

#[test]
fn branches_belong_to_values_of_the_tag() {
    for (name, schema) in all() {
        for def in &schema.types {
            let TypeKind::Object(object) = &def.kind else { continue };
            let Some(variants) = &object.variants else { continue };
            let tag = object.member(&variants.tag).expect("the tag is a member");
            let Some(values) = schema.enumeration(tag.ty) else {
                // Before 1.2, and of types that a cut document leaves out, there is only the name.
                assert!(name.starts_with("era/"), "{name}: the tag is an enumeration");
                continue;
            };
            assert!(variants.branches.iter().all(|branch| values.has(&branch.value)), "{name}: {object:?}");
        }
    }
}

#[test]
fn the_documents_of_each_era_have_what_they_declare() {
    let declared = |name: &str| {
        let schema = shipped(name).expect("listed").expect(name);
        (schema.commands.len(), schema.events.len(), schema.partial)
    };
    assert_eq!(declared("era/qemu-1.0"), (19, 0, false));
    assert_eq!(declared("era/qemu-1.7"), (96, 0, false));
    assert_eq!(declared("era/qemu-2.11"), (13, 1, true));
    assert_eq!(declared("era/qemu-9.1-misc"), (14, 2, true));
    assert_eq!(declared("era/qga-1.2"), (19, 0, false));
    let agent = shipped("era/qga-1.2").expect("listed").expect("loads");
    let silent = agent.commands.iter().filter(|command| !command.success_response);
    assert_eq!(silent.count(), 4);
}
