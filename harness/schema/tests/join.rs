//! A source's schema joined with what a peer says of itself.

mod arbitrary;

use arbitrary::{rotated, schemas};
use proptest::prelude::*;
use qmprobe_schema::{
    Builtin, Schema, TypeKind, from_introspection, from_own, is_of_source, join, same, shipped, shipped_names,
};

/// What a peer with everything built in would say: no names, no ranges, no conditions.
fn introspected(schema: &Schema) -> Schema {
    let mut live = unconditional(schema);
    for def in &mut live.types {
        if let TypeKind::Builtin(builtin) = &mut def.kind {
            *builtin = if builtin.range().is_some() { Builtin::Integer } else { *builtin };
        }
    }
    for command in &mut live.commands {
        (command.success_response, command.marshalled, command.allow_preconfig) = (true, true, None);
    }
    live
}

/// Without conditions and names.
fn unconditional(schema: &Schema) -> Schema {
    let mut out = schema.clone();
    for def in &mut out.types {
        (def.name, def.condition) = (None, None);
        match &mut def.kind {
            TypeKind::Enum(values) => values.values.iter_mut().for_each(|value| value.condition = None),
            TypeKind::Object(object) => {
                object.members.iter_mut().for_each(|member| member.condition = None);
                let branches = object.variants.iter_mut().flat_map(|variants| &mut variants.branches);
                branches.for_each(|branch| branch.condition = None);
            }
            _ => {}
        }
    }
    out.commands.iter_mut().for_each(|command| command.condition = None);
    out.events.iter_mut().for_each(|event| event.condition = None);
    out
}

proptest! {
    #[test]
    fn source_and_its_own_peer_agree_and_nothing_of_the_source_is_lost(schema in schemas(), by in 0..9u32) {
        let live = rotated(&introspected(&schema), by);
        let (joined, disagreements) = join(schema.clone(), &live);
        prop_assert_eq!(disagreements, []);
        prop_assert_eq!(same(&unconditional(&joined), &unconditional(&schema)), Ok(()));
    }

    #[test]
    fn any_two_schemas_join_to_what_the_peer_has(declared in schemas(), live in schemas()) {
        let live = introspected(&live);
        let (joined, _) = join(declared, &live);
        let names = |schema: &Schema| -> Vec<String> { schema.commands.iter().map(|command| command.name.clone()).collect() };
        prop_assert_eq!(names(&joined), names(&live));
        // But for ranges, features, and what introspection does not tell, the result is the peer's.
        let plain = |schema: &Schema| {
            let mut plain = introspected(schema);
            plain.types.iter_mut().for_each(forget_features);
            plain.commands.iter_mut().for_each(|command| command.features = Default::default());
            plain.events.iter_mut().for_each(|event| event.features = Default::default());
            plain
        };
        prop_assert_eq!(same(&plain(&joined), &plain(&live)), Ok(()));
    }
}

fn forget_features(def: &mut qmprobe_schema::TypeDef) {
    def.features = Default::default();
    match &mut def.kind {
        TypeKind::Enum(values) => {
            values.values.iter_mut().for_each(|value| value.features = Default::default())
        }
        TypeKind::Object(object) => {
            object.members.iter_mut().for_each(|member| member.features = Default::default())
        }
        _ => {}
    }
}

#[test]
fn every_shipped_schema_agrees_with_itself() {
    for name in shipped_names() {
        let schema = shipped(name).expect("listed").expect(name);
        let (joined, disagreements) = join(schema.clone(), &schema);
        assert_eq!(disagreements, [], "{name}");
        assert_eq!(joined.commands.len(), schema.commands.len());
    }
}

#[test]
fn a_schema_is_of_the_source_if_it_tells_what_introspection_cannot() {
    let declared = from_own(DECLARED, "declared").expect("declared");
    let live = from_introspection(LIVE, "live").expect("live");
    assert!(is_of_source(&declared) && is_of_source(&joined(LIVE).0));
    assert!(!is_of_source(&live));
    let mut cut = live;
    cut.commands.retain(|command| command.name == "dim");
    assert!(!is_of_source(&cut), "a part of what a peer told is no source either");
    let only = |text: &str| is_of_source(&from_own(text, "only").expect(text));
    assert!(only(r#"{"format":1,"commands":{"maybe":{"if":"CONFIG_X"}},"events":{},"types":{}}"#));
    assert!(!only(r#"{"format":1,"commands":{"always":{}},"events":{},"types":{}}"#));
}

/// What a lamp server's source declares.
const DECLARED: &str = r#"{"format":1,
"commands":{"dim":{"arguments":"Dim","returns":"Lamp","preconfig":true},
"maybe":{"if":"CONFIG_X"},"quit":{"success-response":false},"raw":{"marshalled":false,"oob":true}},
"events":{"LIT":{"data":"Lamp"}},
"types":{"Dim":{"object":{"to":"uint8","by?":"int8","how":"How","not-here":{"type":"str","if":"CONFIG_X"}}},
"How":{"enum":["slow","fast",{"name":"odd","if":"CONFIG_X"}]},
"Lamp":{"object":{"kind":"Kind","next?":"Lamp","ref":"Ref"},"tag":"kind","branches":{"gas":"Gas"}},
"Kind":{"enum":["gas","none"]},"Gas":{"object":{"bar":"uint16"}},"Ref":{"alternate":["str","Lamp"]}}}"#;

/// What the server itself says.
const LIVE: &str = r#"[
{"name":"dim","meta-type":"command","arg-type":"1","ret-type":"3","features":["deprecated"]},
{"name":"quit","meta-type":"command","arg-type":"0","ret-type":"0"},
{"name":"raw","meta-type":"command","arg-type":"0","ret-type":"0","allow-oob":true},
{"name":"LIT","meta-type":"event","arg-type":"3"},
{"name":"0","meta-type":"object","members":[]},
{"name":"1","meta-type":"object","members":[{"name":"to","type":"int"},{"name":"by","type":"int","default":null},{"name":"how","type":"2"}]},
{"name":"2","meta-type":"enum","values":["slow","fast"]},
{"name":"3","meta-type":"object","members":[{"name":"kind","type":"4"},{"name":"next","type":"3","default":null},{"name":"ref","type":"6"}],
 "tag":"kind","variants":[{"case":"gas","type":"5"},{"case":"none","type":"0"}]},
{"name":"4","meta-type":"enum","values":["gas","none"]},
{"name":"5","meta-type":"object","members":[{"name":"bar","type":"int"}]},
{"name":"6","meta-type":"alternate","members":[{"type":"3"},{"type":"str"}]},
{"name":"int","meta-type":"builtin","json-type":"int"},{"name":"str","meta-type":"builtin","json-type":"string"}]"#;

fn joined(live: &str) -> (Schema, Vec<String>) {
    let declared = from_own(DECLARED, "declared").expect("declared");
    let (schema, disagreements) = join(declared, &from_introspection(live, "live").expect(live));
    (schema, disagreements.iter().map(ToString::to_string).collect())
}

#[test]
fn ranges_names_and_flags_come_from_the_source_and_existence_from_the_peer() {
    let (schema, disagreements) = joined(LIVE);
    assert!(disagreements.is_empty(), "{disagreements:?}");
    let dim = schema.command("dim").unwrap();
    let arguments = schema.ty(dim.arguments.unwrap());
    assert_eq!((arguments.name.as_deref(), dim.allow_preconfig), (Some("Dim"), Some(true)));
    assert!(dim.features.has("deprecated"));
    let TypeKind::Object(object) = &arguments.kind else { panic!() };
    let kinds: Vec<&TypeKind> = object.members.iter().map(|member| &schema.ty(member.ty).kind).collect();
    assert_eq!(kinds[..2], [&TypeKind::Builtin(Builtin::Uint8), &TypeKind::Builtin(Builtin::Int8)]);
    assert_eq!(schema.enumeration(object.members[2].ty).unwrap().values.len(), 2, "`odd` is not built in");
    assert_eq!(object.members.len(), 3, "nor is `not-here`");
    assert!(schema.command("maybe").is_none());
    assert!(!schema.command("quit").unwrap().success_response && !schema.command("raw").unwrap().marshalled);
}

/// What is replaced in what the peer says, by what, and what must be told then.
const DIFFERENCES: &[(&str, &str, &[&str])] = &[
    (
        r#""name":"dim""#,
        r#""name":"dam""#,
        &["dam: the peer has it, and it is not declared", "dim: declared, and the peer lacks it"],
    ),
    (
        r#""name":"LIT""#,
        r#""name":"LID""#,
        &["LID: the peer has it, and it is not declared", "LIT: declared, and the peer lacks it"],
    ),
    (
        r#""name":"to""#,
        r#""name":"at""#,
        &[
            "dim.arguments.at: the peer has it, and it is not declared",
            "dim.arguments.to: declared, and the peer lacks it",
        ],
    ),
    (
        r#"{"name":"to","type":"int"}"#,
        r#"{"name":"to","type":"str"}"#,
        &["dim.arguments.to: declared int; the peer says str"],
    ),
    (
        r#"{"name":"to","type":"int"}"#,
        r#"{"name":"to","type":"int","default":null}"#,
        &["dim.arguments.to: declared mandatory; the peer says optional"],
    ),
    (
        r#""by","type":"int","default":null"#,
        r#""by","type":"int""#,
        &["dim.arguments.by: declared optional; the peer says mandatory"],
    ),
    (r#"["slow","fast"]"#, r#"["slow","odd"]"#, &["dim.arguments.how=fast: declared, and the peer lacks it"]),
    (
        r#"["slow","fast"]"#,
        r#"["slow","fast","new"]"#,
        &["dim.arguments.how=new: the peer has it, and it is not declared"],
    ),
    (r#","allow-oob":true"#, "", &["raw: declared as what may run out of band; the peer says it may not"]),
    (
        r#"[{"type":"3"},{"type":"str"}]"#,
        r#"[{"type":"3"}]"#,
        &["LIT.data.ref|str: declared, and the peer lacks it"],
    ),
    (
        r#"[{"type":"3"},{"type":"str"}]"#,
        r#"[{"type":"3"},{"type":"str"},{"type":"int"}]"#,
        &["LIT.data.ref|int: the peer has it, and it is not declared"],
    ),
    (
        r#"{"case":"none","type":"0"}"#,
        r#"{"case":"none","type":"5"}"#,
        &["LIT.data=none: the peer has it, and it is not declared"],
    ),
    (r#"{"case":"gas","type":"5"},"#, "", &["LIT.data=gas: declared, and the peer lacks it"]),
    (
        r#"{"case":"gas","type":"5"}"#,
        r#"{"case":"gas","type":"0"}"#,
        &["LIT.data=gas.bar: declared, and the peer lacks it"],
    ),
    (
        r#""event","arg-type":"3""#,
        r#""event","arg-type":"0""#,
        &["LIT.data: declared, and the peer lacks it"],
    ),
    (
        r#""name":"raw","meta-type":"command","arg-type":"0""#,
        r#""name":"raw","meta-type":"command","arg-type":"5""#,
        &["raw.arguments: the peer has it, and it is not declared"],
    ),
];

#[test]
fn each_difference_is_found_where_it_is() {
    for (from, to, expected) in DIFFERENCES {
        let live = LIVE.replacen(from, to, 1);
        assert_ne!(live, LIVE, "{from}");
        let (_, disagreements) = joined(&live);
        // A type that is used at two places is compared once; which of them is named does not matter.
        let told: Vec<String> =
            disagreements.iter().map(|told| told.replace("dim.returns", "LIT.data")).collect();
        assert_eq!(told, *expected, "{from} -> {to}");
    }
}

#[test]
fn a_union_that_is_a_struct_is_a_difference() {
    let (_, disagreements) = joined(&LIVE.replacen(
        r#""tag":"kind","variants":[{"case":"gas","type":"5"},{"case":"none","type":"0"}]"#,
        r#""features":[]"#,
        1,
    ));
    assert!(disagreements[0].ends_with(": declared union; the peer says struct"), "{disagreements:?}");
}

#[test]
fn absence_from_a_cut_schema_is_no_difference() {
    let cut = |schema: Schema| Schema { partial: true, ..schema };
    let (declared, live) = (from_own(DECLARED, "d").unwrap(), from_introspection(LIVE, "l").unwrap());
    let less = |schema: &Schema| Schema { commands: Vec::new(), events: Vec::new(), ..schema.clone() };
    assert!(join(cut(less(&declared)), &live).1.is_empty());
    assert!(join(declared, &cut(less(&live))).1.is_empty());
}
