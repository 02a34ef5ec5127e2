//! What a person sees of a schema.

use qmprobe_schema::{Schema, from_own, shipped, shipped_names, show};

/// Something of everything.
const LAMPS: &str = r#"{"format":1,
"commands":{
"lamp-add":{"arguments":"LampOptions","oob":true,"preconfig":true,"if":{"all":["CONFIG_LAMPS",{"not":"CONFIG_DARK"}]}},
"lamp-dim":{"arguments":"~dim","returns":"[uint8]","features":["deprecated","unstable"]},
"lamp-group":{"arguments":"~group","returns":"LampTree"},
"lamp-off":{"success-response":false},
"lamp-raw":{"arguments":"~raw","returns":"any","marshalled":false}},
"events":{
"LAMP_BROKEN":{"features":["deprecated"]},
"LAMP_LIT":{"data":"~lit"}},
"types":{
"LampOptions":{"object":{"id":"str","driver":"LampDriver","parent?":"LampRef","flicker?":{"type":"bool","features":["unstable"]}},
 "tag":"driver","branches":{"gas":"~gas","oil":"~gas","led":{"type":"~led","if":"CONFIG_LED"},"spot":"~led","none":"~empty"}},
"LampDriver":{"enum":["none","gas","oil",{"name":"led","if":"CONFIG_LED"},{"name":"spot","features":["deprecated"]},"virtual"]},
"LampRef":{"alternate":["str","LampOptions","null"]},
"LampTree":{"object":{"lamps":"[LampOptions]","children":"[LampTree]"}},
"Colour":{"enum":["aquamarine","black-and-blue","chartreuse","dark-olive-green","electric-lime","forest-green","ghost-white","hot-pink"]},
"~gas":{"object":{"pressure":"uint16","valve?":"Colour"}},
"~led":{"object":{"colour":"Colour","watts?":"number","serial?":"int64","cycles?":"size"}},
"~empty":{"object":{}},
"~dim":{"object":{"id":"str","to":"int8","colour?":"Colour","old?":{"type":"int","features":["deprecated"],"if":{"any":["A",{"all":["B","C"]}]}}}},
"~group":{"object":{"root":"LampTree","empty?":"~empty"}},
"~raw":{"object":{"props?":"any"}},
"~lit":{"object":{"lamp":"LampRef"}}}}"#;

fn lamps() -> Schema {
    from_own(LAMPS, "lamps").expect("a schema")
}

fn page(path: &str) -> String {
    show::show(&lamps(), path).expect(path)
}

#[test]
fn a_union_with_all_that_there_is() {
    insta::assert_snapshot!(page("lamp-add"));
}

#[test]
fn ranges_features_and_conditions() {
    insta::assert_snapshot!(page("lamp-dim"));
}

#[test]
fn what_is_known_of_when_things_came_stands_beside_them() {
    let since = r#"{"outline":{"since":{"lamp-dim":"1.3","lamp-dim.colour":"2.10","Colour":"2.9","LAMP_LIT":"0.14.0"}},"#;
    let lamps = from_own(&LAMPS.replacen('{', since, 1), "lamps").expect("a schema");
    let page = |path| show::show(&lamps, path).expect(path);
    let dim = page("lamp-dim");
    assert!(dim.starts_with("command lamp-dim [deprecated, unstable] since 1.3\n"), "{dim}");
    let colour = dim.split("colour?: ").nth(1).and_then(|rest| rest.split("old?").next()).unwrap_or_default();
    assert!(colour.contains("since 2.10"), "{dim}");
    assert_eq!(dim.matches("since").count(), 2, "{dim}");
    assert!(page("Colour").contains("since 2.9"));
    assert!(page("LAMP_LIT").starts_with("event LAMP_LIT since 0.14.0\n"));
}

#[test]
fn a_recursive_type_is_opened_once() {
    insta::assert_snapshot!(page("lamp-group"));
}

#[test]
fn commands_without_a_reply_or_a_binding_schema() {
    insta::assert_snapshot!(page("lamp-off") + "\n" + &page("lamp-raw"));
}

#[test]
fn events_with_and_without_data() {
    insta::assert_snapshot!(page("LAMP_LIT") + "\n" + &page("LAMP_BROKEN"));
}

#[test]
fn the_overview() {
    insta::assert_snapshot!(show::overview(&Schema { partial: true, ..lamps() }));
}

#[test]
fn a_line_for_each() {
    insta::assert_snapshot!(show::tree(&lamps()));
}

#[test]
fn a_path_leads_to_what_it_says() {
    for (path, begins) in [
        ("Colour", "Colour: enum Colour aquamarine|black-and-blue|"),
        ("lamp-add.arguments", "arguments: object LampOptions by driver\n  id: str\n"),
        ("lamp-add.arguments.driver", "driver: enum LampDriver none|gas|"),
        ("lamp-add.arguments=oil", "oil: object\n  pressure: uint16 0..65535\n"),
        ("lamp-add.arguments=oil.pressure", "pressure: uint16 0..65535\n"),
        ("lamp-group.returns.children.lamps=led.cycles", "cycles: size 0..2^64-1\n"),
        ("lamp-dim.returns", "returns: [uint8 0..255]\n"),
        ("LAMP_LIT.data.lamp", "lamp: alternate LampRef\n  or str\n"),
        ("LAMP_LIT.data.lamp|1=gas.pressure", "pressure: uint16"),
        ("LampRef|0", "0: str\n"),
        ("LampTree.children", "children: [object LampTree]\n"),
    ] {
        assert!(page(path).starts_with(begins), "{path}:\n{}", page(path));
    }
}

#[test]
fn a_path_to_nowhere_is_none() {
    for path in [
        "",
        "lamp",
        "lamp-add.",
        "lamp-add.arguments.",
        "lamp-add.arguments.i",
        "lamp-add.arguments=",
        "lamp-add.arguments=wax",
        "lamp-add.returns",
        "lamp-add.arguments.id.x",
        "LampDriver.none",
        "Colours",
        "Colour=black",
        "LampRef|3",
        "LampRef|",
        "LampRef|x",
        "Colour|0",
        "é",
    ] {
        assert_eq!(show::show(&lamps(), path), None, "{path}");
    }
}

#[test]
fn names_with_dots_are_found() {
    let text = LAMPS
        .replace("\"id\":\"str\",\"driver\"", "\"__com.lamps_id\":\"str\",\"__com\":\"bool\",\"driver\"");
    let schema = from_own(&text, "lamps").unwrap();
    for (path, begins) in
        [("LampOptions.__com.lamps_id", "lamps_id: str"), ("LampOptions.__com", "__com: bool")]
    {
        assert!(show::show(&schema, path).is_some_and(|page| page.starts_with(begins)), "{path}");
    }
}

#[test]
fn every_page_of_every_shipped_schema_fits_and_shows_no_masked_name() {
    for name in shipped_names() {
        let schema = shipped(name).expect("listed").expect(name);
        let names: Vec<&str> = show::names(&schema).collect();
        assert!(names.len() >= schema.commands.len() + schema.events.len());
        for thing in names {
            let page = show::show(&schema, thing).expect(thing);
            let prose = page.lines().filter(|line| !line.starts_with(['{', ' ']) || !line.contains("\":"));
            for line in prose {
                assert!(line.chars().count() <= show::WIDTH, "{name} {thing}: {line}");
                assert!(
                    !line.ends_with(' ') && !line.contains('~') && !line.contains("q_obj"),
                    "{name} {thing}: {line}"
                );
            }
        }
        assert_eq!(show::tree(&schema).lines().count(), schema.commands.len() + schema.events.len());
    }
}

#[test]
fn every_command_has_an_example_that_is_json_and_has_the_mandatory_members() {
    for name in shipped_names() {
        let schema = shipped(name).expect("listed").expect(name);
        for command in &schema.commands {
            let page = show::show(&schema, &command.name).expect("a page");
            let begin = page.find("\n{\"execute\"").expect("an example");
            // The schema crate has no JSON in its interface, but it has a loader that places errors.
            let example = page[begin..].trim();
            assert!(example.ends_with('}') && example.lines().count() <= 2, "{name}: {example}");
            let arguments = command.arguments.and_then(|id| schema.object(id));
            for member in
                arguments.iter().flat_map(|object| &object.members).filter(|member| !member.optional)
            {
                assert!(example.contains(&format!("\"{}\":", member.name)), "{name}: {example}");
            }
        }
    }
}

#[test]
fn arguments_that_no_finite_value_fits_have_no_example() {
    let endless = r#"{"format":1,"commands":{"c":{"arguments":"T"}},"types":{"T":{"object":{"t":"T"}}}}"#;
    let page = show::show(&from_own(endless, "x").unwrap(), "c").unwrap();
    assert_eq!(page, "command c\n\narguments: object T\n  t: object T as c.arguments\nreturns: {}\n");
}

#[test]
fn a_type_deeper_than_a_page_says_where_to_look_on() {
    let chain: Vec<String> =
        (0..40).map(|at| format!(r#""T{at}":{{"object":{{"m":"T{}"}}}}"#, at + 1)).collect();
    let text = format!(
        r#"{{"format":1,"commands":{{"c":{{"arguments":"T0"}}}},"types":{{{},"T40":{{"object":{{}}}}}}}}"#,
        chain.join(",")
    );
    let schema = from_own(&text, "x").unwrap();
    let page = show::show(&schema, "c").unwrap();
    let see = page.lines().find_map(|line| line.split_once(" see ")).expect("a reference").1;
    assert!(show::show(&schema, see).is_some_and(|page| page.contains("object T13")), "{see}\n{page}");
}
