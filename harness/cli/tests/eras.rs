//! Documents of other eras go all the way: each command is made valid and in every way wrong, and the
//! reference peer that serves them conforms.

mod embedded;

use qmprobe_generate::Plan;
use qmprobe_schema::{Schema, TypeKind, shipped, shipped_names};
use qmprobe_wire::Dialect;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

/// Cases of one campaign: a command of each kind, and every session.
const CASES_MAX: u64 = 500;

fn eras() -> Vec<(&'static str, Dialect, Arc<Schema>)> {
    let names = shipped_names().filter(|name| name.starts_with("era/"));
    let loaded = names.map(|name| {
        let dialect = if name.starts_with("era/qga") { Dialect::Qga } else { Dialect::Qmp };
        (name, dialect, Arc::new(shipped(name).expect("listed").expect(name)))
    });
    loaded.collect()
}

fn findings(dialect: Dialect, schema: Arc<Schema>) -> Vec<String> {
    let found =
        embedded::findings(dialect, schema, Vec::new(), |options| options.max_cases = Some(CASES_MAX));
    found.iter().map(|finding| format!("{}: {:?}", finding.rule, finding.command)).collect()
}

#[test]
fn the_reference_peer_of_each_era_gives_no_finding() {
    thread::scope(|scope| {
        let eras = eras();
        assert_eq!(eras.len(), 5);
        let campaigns: Vec<_> = eras
            .into_iter()
            .map(|(name, dialect, schema)| (name, scope.spawn(move || findings(dialect, schema))))
            .collect();
        for (name, campaign) in campaigns {
            assert_eq!(campaign.join().expect(name), Vec::<String>::new(), "{name}");
        }
    });
}

#[test]
fn each_command_of_each_era_is_made_valid_and_wrong() {
    for (name, dialect, schema) in eras() {
        let plan = Plan::new(&schema, dialect, 0);
        assert!(plan.unmakeable().is_empty(), "{name}: {:?}", plan.unmakeable());
        // Negotiation has cases of its own, in sessions.
        for command in schema.commands.iter().filter(|command| command.name != "qmp_capabilities") {
            let cases = plan.command_cases(&command.name);
            let aims: BTreeSet<&str> = cases.iter().filter_map(|case| case.aim.as_deref()).collect();
            let valid = cases.iter().any(|case| case.aim.is_none());
            assert!(valid, "{name}: {} is never sent as it should be", command.name);
            let object = command.arguments.and_then(|ty| schema.object(ty));
            let mandatory = object.is_some_and(|object| object.members.iter().any(|member| !member.optional));
            let checked = command.marshalled;
            assert!(!checked || aims.contains("arguments-unknown"), "{name}: {}: {aims:?}", command.name);
            let lacking = !checked || !mandatory || aims.contains("arguments-required");
            assert!(lacking, "{name}: {}: {aims:?}", command.name);
        }
    }
}

#[test]
fn what_only_an_era_has_is_there() {
    let schema = shipped("era/qemu-1.7").expect("shipped").expect("loads");
    let is = |name: &str, fits: fn(&TypeKind) -> bool| {
        schema.types.iter().any(|ty| ty.name.as_deref() == Some(name) && fits(&ty.kind))
    };
    assert!(is("BlockdevRef", |kind| matches!(kind, TypeKind::Alternate(_))), "an anonymous union");
    assert!(is("TransactionAction", |kind| matches!(kind, TypeKind::Object(object) if
        object.variants.as_ref().is_some_and(|variants| variants.tag == "type"))));
    assert!(!schema.command("netdev_add").expect("declared").marshalled, "'**' does not bind the wire");
}
