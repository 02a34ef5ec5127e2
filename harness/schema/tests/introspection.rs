//! Loading what `query-qmp-schema` replies: what versions differ in, and every way in which it can be wrong.

use qmprobe_schema::{Builtin, LoadError, Schema, TypeKind, from_introspection};

/// The entities that every document here may refer to.
const BASE: &str = r#"
    {"name": "0", "meta-type": "object", "members": []},
    {"name": "str", "meta-type": "builtin", "json-type": "string"},
    {"name": "int", "meta-type": "builtin", "json-type": "int"},
    {"name": "any", "meta-type": "builtin", "json-type": "value"}"#;

fn text(entities: &str) -> String {
    let comma = if entities.is_empty() { "" } else { "," };
    format!("[{entities}{comma}{BASE}]")
}

fn load(entities: &str) -> Schema {
    from_introspection(&text(entities), "test").expect(entities)
}

fn refused(entities: &str) -> LoadError {
    from_introspection(&text(entities), "test").expect_err(entities)
}

fn said(entities: &str) -> String {
    refused(entities).to_string()
}

#[test]
fn the_base_alone_is_fine() {
    let schema = load("");
    assert_eq!((schema.types.len(), schema.commands.len(), schema.events.len()), (4, 0, 0));
}

#[test]
fn a_bare_list_and_a_whole_reply_are_the_same() {
    let bare = text("");
    let reply = format!("{{\"return\": {bare}, \"id\": \"libvirt-1\"}}");
    assert_eq!(from_introspection(&bare, "a").unwrap(), from_introspection(&reply, "b").unwrap());
}

#[test]
fn the_place_of_what_is_no_json_is_named() {
    let error = from_introspection("[\n {\"name\": \"x\" oops}]", "file").unwrap_err();
    assert!(error.to_string().starts_with("file:2:15: expected"), "{error}");
    let error = from_introspection("[\n", "file").unwrap_err();
    assert!(error.to_string().starts_with("file:2:0: EOF"), "{error}");
    assert_eq!(from_introspection("", "file").unwrap_err().to_string(), "file:1:0: the file is empty");
}

#[test]
fn json_of_another_shape_is_refused() {
    for text in [
        "{}",
        "7",
        "null",
        "[7]",
        "[[]]",
        "[{}]",
        r#"[{"name": "x"}]"#,
        r#"{"return": {}}"#,
        r#"{"error": {}}"#,
    ] {
        assert!(matches!(from_introspection(text, "t"), Err(LoadError::Json { .. })), "{text}");
    }
    let wrong_member = r#"{"name": "1", "meta-type": "enum", "values": "a"}"#;
    assert!(matches!(refused(wrong_member), LoadError::Json { .. }));
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    for open in [
        "[",
        "{\"return\":",
        "{\"name\":",
        "[{\"name\":\"x\",\"meta-type\":\"enum\",\"unknown\":[",
        "[{\"members\":[",
    ] {
        assert!(from_introspection(&open.repeat(200_000), "t").is_err(), "{open}");
    }
}

#[test]
fn an_unknown_meta_type_is_named() {
    let error = said(r#"{"name": "1", "meta-type": "tuple"}"#);
    assert_eq!(error, "test: '1' has the meta-type 'tuple', which is none");
}

#[test]
fn a_dangling_reference_is_named() {
    for entity in [
        r#"{"name": "c", "meta-type": "command", "arg-type": "9", "ret-type": "0"}"#,
        r#"{"name": "c", "meta-type": "command", "arg-type": "0", "ret-type": "9"}"#,
        r#"{"name": "c", "meta-type": "event", "arg-type": "9"}"#,
        r#"{"name": "c", "meta-type": "array", "element-type": "9"}"#,
        r#"{"name": "c", "meta-type": "object", "members": [{"name": "m", "type": "9"}]}"#,
        r#"{"name": "c", "meta-type": "alternate", "members": [{"type": "9"}]}"#,
    ] {
        assert_eq!(said(entity), "test: 'c' refers to '9', which is not declared", "{entity}");
    }
}

#[test]
fn a_repeated_name_is_named() {
    let ty = r#"{"name": "1", "meta-type": "enum", "values": []}"#;
    assert_eq!(said(&format!("{ty},{ty}")), "test: '1' is declared twice");
    for meta_type in ["command", "event"] {
        let one = format!(r#"{{"name": "x", "meta-type": "{meta_type}", "arg-type": "0", "ret-type": "0"}}"#);
        load(&one);
        assert_eq!(said(&format!("{one},{one}")), "test: 'x' is declared twice");
    }
}

#[test]
fn a_repeated_member_value_or_branch_is_named() {
    let few = r#"{"name": "1", "meta-type": "enum", "values": ["a", "b", "a"]}"#;
    assert_eq!(said(few), "test: '1.a' is declared twice");
    let many: Vec<String> = (0..40).chain([7]).map(|value| format!("\"v{value}\"")).collect();
    let many = format!(r#"{{"name": "1", "meta-type": "enum", "values": [{}]}}"#, many.join(","));
    assert_eq!(said(&many), "test: '1.v7' is declared twice");
    let member = r#"{"name": "m", "type": "str"}"#;
    let object = format!(r#"{{"name": "1", "meta-type": "object", "members": [{member}, {member}]}}"#);
    assert_eq!(said(&object), "test: '1.m' is declared twice");
    let branch = r#"{"case": "a", "type": "0"}"#;
    let union = format!(
        r#"{{"name": "1", "meta-type": "object", "members": [{member}], "tag": "m", "variants": [{branch}, {branch}]}}"#
    );
    assert_eq!(said(&union), "test: '1.a' is declared twice");
}

#[test]
fn a_tag_that_is_no_member_is_named() {
    let union = r#"{"name": "1", "meta-type": "object", "members": [], "tag": "kind", "variants": []}"#;
    assert_eq!(said(union), "test: '1' refers to 'kind', which is not declared");
}

#[test]
fn an_entity_without_what_it_needs_is_named() {
    for entity in [
        r#"{"name": "e", "meta-type": "command", "ret-type": "0"}"#,
        r#"{"name": "e", "meta-type": "command", "arg-type": "0"}"#,
        r#"{"name": "e", "meta-type": "event"}"#,
        r#"{"name": "e", "meta-type": "array"}"#,
        r#"{"name": "e", "meta-type": "enum"}"#,
        r#"{"name": "e", "meta-type": "enum", "members": [{"features": []}]}"#,
        r#"{"name": "e", "meta-type": "object"}"#,
        r#"{"name": "e", "meta-type": "object", "members": [{"name": "m"}]}"#,
        r#"{"name": "e", "meta-type": "object", "members": [{"type": "str"}]}"#,
        r#"{"name": "e", "meta-type": "alternate"}"#,
        r#"{"name": "e", "meta-type": "builtin", "json-type": "tensor"}"#,
        r#"{"name": "e", "meta-type": "builtin"}"#,
    ] {
        assert!(matches!(refused(entity), LoadError::Incomplete { .. }), "{entity}");
    }
}

#[test]
fn arguments_data_and_branches_are_objects() {
    for entity in [
        r#"{"name": "e", "meta-type": "command", "arg-type": "int", "ret-type": "0"}"#,
        r#"{"name": "e", "meta-type": "event", "arg-type": "int"}"#,
        r#"{"name": "e", "meta-type": "object", "members": [{"name": "m", "type": "str"}], "tag": "m",
            "variants": [{"case": "a", "type": "int"}]}"#,
    ] {
        assert_eq!(said(entity), "test: 'e' refers to 'int', which is no object type", "{entity}");
    }
}

#[test]
fn lists_of_lists_end() {
    let list = |name: usize, of: usize| {
        format!(r#"{{"name": "[{name}]", "meta-type": "array", "element-type": "[{of}]"}}"#)
    };
    let innermost = r#"{"name": "[0]", "meta-type": "array", "element-type": "int"}"#.to_owned();
    let nested = |depth: usize| {
        let lists = (1..depth).map(|name| list(name, name - 1));
        lists.chain([innermost.clone()]).collect::<Vec<_>>().join(",")
    };
    load(&nested(8));
    assert!(matches!(refused(&nested(9)), LoadError::Deep { .. }));
    assert!(matches!(refused(&list(1, 1)), LoadError::Deep { .. }), "a list of itself");
    assert!(matches!(refused(&format!("{},{}", list(1, 2), list(2, 1))), LoadError::Deep { .. }));
}

#[test]
fn the_empty_object_is_no_arguments_and_no_return() {
    let schema = load(r#"{"name": "c", "meta-type": "command", "arg-type": "0", "ret-type": "0"}"#);
    let command = schema.command("c").unwrap();
    assert_eq!((command.arguments, command.returns), (None, None));
    assert!(command.success_response && command.marshalled && command.allow_preconfig.is_none());
    let schema = load(r#"{"name": "E", "meta-type": "event", "arg-type": "0"}"#);
    assert_eq!(schema.event("E").unwrap().data, None);
}

#[test]
fn a_member_is_optional_when_it_has_a_default_whatever_that_is() {
    let schema = load(
        r#"{"name": "c", "meta-type": "command", "ret-type": "0", "arg-type": "1"},
           {"name": "1", "meta-type": "object", "members": [
               {"name": "a", "type": "str"}, {"name": "b", "type": "str", "default": null},
               {"name": "c", "type": "int", "default": 7}, {"name": "d", "type": "int", "default": [{}]}]}"#,
    );
    let arguments = schema.object(schema.command("c").unwrap().arguments.unwrap()).unwrap();
    let optional: Vec<bool> = arguments.members.iter().map(|member| member.optional).collect();
    assert_eq!(optional, [false, true, true, true]);
}

#[test]
fn values_of_6_1_and_members_of_6_2_are_the_same_but_for_features() {
    let schema = load(
        r#"{"name": "1", "meta-type": "enum", "values": ["on", "off"]},
           {"name": "2", "meta-type": "enum", "values": ["on", "off"],
            "members": [{"name": "on"}, {"name": "off", "features": ["unstable", "deprecated"]}]}"#,
    );
    let [old, new] = [0, 1].map(|index| match &schema.types[index].kind {
        TypeKind::Enum(values) => values,
        other => panic!("{other:?}"),
    });
    assert!([old, new].iter().all(|values| values.has("on") && values.has("off") && !values.has("auto")));
    assert!(old.values.iter().all(|value| value.features.0.is_empty()));
    assert_eq!(new.values[1].features.0, ["deprecated", "unstable"]);
}

#[test]
fn allow_oob_is_false_when_false_and_when_absent() {
    let command = |name: &str, oob: &str| {
        format!(r#"{{"name": "{name}", "meta-type": "command", "arg-type": "0", "ret-type": "0"{oob}}}"#)
    };
    let entities =
        [command("a", ""), command("b", r#", "allow-oob": false"#), command("c", r#", "allow-oob": true"#)];
    let schema = load(&entities.join(","));
    assert_eq!(
        schema.commands.iter().map(|command| command.allow_oob).collect::<Vec<_>>(),
        [false, false, true]
    );
}

#[test]
fn a_simple_union_of_6_1_is_a_union_whose_branches_have_data() {
    let schema = load(
        r#"{"name": "1", "meta-type": "object", "members": [{"name": "type", "type": "2"}], "tag": "type",
            "variants": [{"case": "inet", "type": "3"}, {"case": "none", "type": "0"}]},
           {"name": "2", "meta-type": "enum", "values": ["inet", "none"]},
           {"name": "3", "meta-type": "object", "members": [{"name": "data", "type": "str"}]}"#,
    );
    let TypeKind::Object(union) = &schema.types[0].kind else { panic!() };
    let variants = union.variants.as_ref().unwrap();
    let inet = schema.object(variants.branch("inet").unwrap()).unwrap();
    assert_eq!(
        inet.member("data").map(|member| &schema.ty(member.ty).kind),
        Some(&TypeKind::Builtin(Builtin::Str))
    );
    assert!(schema.object(variants.branch("none").unwrap()).unwrap().members.is_empty());
    assert_eq!(variants.branch("unix"), None);
}

#[test]
fn a_branch_may_have_branches_of_its_own() {
    let schema = load(
        r#"{"name": "1", "meta-type": "object", "members": [{"name": "a", "type": "2"}], "tag": "a",
            "variants": [{"case": "x", "type": "3"}]},
           {"name": "2", "meta-type": "enum", "values": ["x"]},
           {"name": "3", "meta-type": "object", "members": [{"name": "b", "type": "2"}], "tag": "b",
            "variants": [{"case": "x", "type": "0"}]}"#,
    );
    let TypeKind::Object(outer) = &schema.types[0].kind else { panic!() };
    let inner = schema.object(outer.variants.as_ref().unwrap().branch("x").unwrap()).unwrap();
    assert_eq!(inner.variants.as_ref().unwrap().tag, "b");
}

#[test]
fn masked_names_are_forgotten_and_others_kept() {
    let entity = |name: &str| format!(r#"{{"name": "{name}", "meta-type": "enum", "values": []}}"#);
    let names = ["17", "BlockdevOptions", "q_obj_block-commit-arg", "OnOff2"];
    let schema = load(&names.map(entity).join(","));
    let kept: Vec<Option<&str>> = schema.types[..4].iter().map(|def| def.name.as_deref()).collect();
    assert_eq!(kept, [None, Some("BlockdevOptions"), None, Some("OnOff2")]);
    assert!(schema.types[4..].iter().all(|def| def.name.is_none()), "builtins and masked ones");
}

#[test]
fn escapes_in_names_are_undone() {
    let schema = load(r#"{"name": "caf\u00e9", "meta-type": "event", "arg-type": "0"}"#);
    assert!(schema.event("café").is_some());
}

#[test]
fn commands_whose_arguments_are_free_form_are_not_held_to_the_schema() {
    let command = |name: &str| {
        format!(r#"{{"name": "{name}", "meta-type": "command", "arg-type": "1", "ret-type": "0"}}"#)
    };
    let names = ["device_add", "object-add", "query-qmp-schema", "qom-set"].map(command).join(",");
    let free = r#"{"name": "1", "meta-type": "object", "members": [{"name": "props", "type": "any"}]}"#;
    let typed = r#"{"name": "1", "meta-type": "object", "members": [{"name": "props", "type": "str"}]}"#;
    let marshalled = |arguments: &str| -> Vec<bool> {
        load(&format!("{names},{arguments}")).commands.iter().map(|command| command.marshalled).collect()
    };
    assert_eq!(marshalled(free), [false, false, true, false], "by name");
    assert_eq!(marshalled(typed), [false, true, true, false]);
}

#[test]
fn members_that_nobody_knows_yet_are_passed_over() {
    let schema = load(r#"{"name": "E", "meta-type": "event", "arg-type": "0", "since": {"major": [1, {}]}}"#);
    assert!(schema.event("E").is_some());
}
