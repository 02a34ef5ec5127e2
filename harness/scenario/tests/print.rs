//! What is printed reads back as the same scenario.

use proptest::prelude::*;
use qmprobe_scenario::{
    Action, Element, Header, Known, KnownDefect, Line, Pattern, Prop, Scenario, Session, parse,
};
use qmprobe_wire::{Dialect, Number, Payload, VersionRange};

fn text() -> impl Strategy<Value = String> {
    "[ -~é😀]{0,12}".prop_map(|text| text.replace('$', "$$"))
}

fn scalar() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        Just(Pattern::Any),
        Just(Pattern::Null),
        any::<bool>().prop_map(Pattern::Bool),
        any::<i64>().prop_map(|int| Pattern::Number(Number::Int(int))),
        any::<u64>().prop_map(|int| Pattern::Number(Number::from_u64(int))),
        any::<f64>()
            .prop_filter("a number", |double| !double.is_nan())
            .prop_map(|d| Pattern::Number(Number::Double(d))),
        text().prop_map(Pattern::String),
        Just(Pattern::Name("SCRATCH".to_owned())),
        Just(Pattern::String("$SCRATCH/a".to_owned())),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::btree_map(text(), inner.clone(), 0..4);
        let object = (members, any::<bool>())
            .prop_map(|(members, more)| Pattern::Object { members: members.into_iter().collect(), more });
        let named = |pattern| if pattern == Pattern::Any { Element::Rest } else { Element::One(pattern) };
        let array = prop::collection::vec(inner, 0..4).prop_map(move |all| {
            let mut elements: Vec<Element> = all.into_iter().map(named).collect();
            let mut rest = false;
            elements.retain(|element| *element != Element::Rest || !std::mem::replace(&mut rest, true));
            Pattern::Array(elements)
        });
        prop_oneof![object, array]
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    let bytes = prop::collection::vec(any::<u8>(), 1..20);
    prop::collection::vec((bytes, prop_oneof![Just(1), 1..9_000usize]), 1..4).prop_map(|parts| {
        let mut payload = Payload::default();
        parts.iter().for_each(|(bytes, times)| payload.repeat(bytes, *times));
        payload
    })
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        "[!-#%-~]([ -#%-~]{0,20}[!-#%-~])?(\n[!-#%-~]{1,9})?".prop_map(Action::Send),
        payload().prop_map(Action::SendBytes),
        (pattern(), any::<bool>(), any::<bool>())
            .prop_map(|(pattern, sentinel, overtakes)| Action::Receive { pattern, sentinel, overtakes }),
        ("[A-Z_]{1,9}", prop::option::of(pattern())).prop_map(|(name, data)| Action::Event { name, data }),
        Just(Action::Elide),
        (0..10_000u64).prop_map(Action::Wait),
        (0..10_000u64).prop_map(Action::Silence),
        Just(Action::HalfClose),
        Just(Action::Eof),
        Just(Action::Drop),
        Just(Action::Reconnect),
        Just(Action::PassFd("a.img".to_owned())),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    let free = prop_oneof![
        any::<i32>().prop_map(Action::Exit),
        Just(Action::Feed("pipe".to_owned())),
        (0u64..1 << 30).prop_map(Action::Memory),
        "[!-~][ -~]{0,12}[!-~]".prop_map(Action::Comment),
    ];
    let of_client = (prop::option::of("[a-z][a-z0-9]{0,5}"), action());
    prop_oneof![
        1 => free.prop_map(|action| Line { number: 0, client: None, action }),
        6 => of_client.prop_map(|(client, action)| Line { number: 0, client, action }),
    ]
}

fn versions() -> impl Strategy<Value = VersionRange> {
    prop_oneof![
        Just(VersionRange::ALL),
        (0..20u32, 0..20u32).prop_map(|(a, b)| VersionRange::since(a, b)),
        (0..20u32, 0..20u32).prop_map(|(a, b)| VersionRange::until(a, b)),
        (0..20u32, 0..20u32).prop_map(|(a, b)| VersionRange { first: Some((a, b)), last: Some((a, b)) }),
        (0..9u32, 9..20u32).prop_map(|(a, b)| VersionRange { first: Some((a, b)), last: Some((b, a)) }),
    ]
}

fn header() -> impl Strategy<Value = Header> {
    let session = prop_oneof![Just(Session::Negotiated), Just(Session::Oob), Just(Session::Fresh)];
    let known = prop::option::of((versions(), "[a-z][a-z ]{0,9}[a-z]"));
    let words = (
        prop::collection::vec("[a-z][a-z0-9-]{0,9}", 1..3),
        prop::collection::vec("[a-z][a-z-]{0,9}", 0..3),
        prop::collection::vec("[!-&(-~][ -&(-~]{0,9}", 0..3),
        prop::collection::vec("[!-~]{1,9}( [!-~]{1,9})?", 0..2),
    );
    (words, versions(), session, any::<[bool; 3]>(), known).prop_map(
        |(words, versions, session, flags, known)| Header {
            rules: words.0,
            needs: words.1,
            arguments: words.2,
            about: words.3,
            dialect: if flags[0] { Dialect::Qga } else { Dialect::Qmp },
            versions,
            session,
            exact_events: flags[1],
            compare_desc: flags[2],
            peers: if flags[0] { vec!["guest-agent".to_owned()] } else { Vec::new() },
            monitors: if flags[1] { vec!["b".to_owned(), "c".to_owned()] } else { Vec::new() },
            unjudged: flags[2].then(|| "a reason".to_owned()),
            known_defect: known.map(|(versions, reason)| KnownDefect { versions, reason }),
        },
    )
}

fn scenario() -> impl Strategy<Value = Scenario> {
    (header(), prop::collection::vec(line(), 0..12)).prop_map(|(header, lines)| {
        let prop = |prop| Line { number: 0, client: None, action: Action::Scratch(prop) };
        let mut all = vec![
            prop(Prop::Fifo { name: "pipe".to_owned() }),
            prop(Prop::File { name: "a.img".to_owned(), bytes: 512 }),
            Line { number: 0, client: None, action: Action::Send("{}".to_owned()) },
        ];
        all.extend(lines);
        Scenario { header, lines: all }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_printed_reads_back_as_the_same_scenario(scenario in scenario()) {
        let text = scenario.to_string();
        let again = parse(&text, "printed.qmp", Known::default());
        prop_assert_eq!(again.as_ref().map_err(ToString::to_string), Ok(&scenario), "{}", text);
        prop_assert_eq!(again.map(|again| again.to_string()), Ok(text));
    }

    #[test]
    fn no_text_is_too_much_for_the_reader(text in "(rule|[-<>=@.$#{}\\[\\]\":, \n]|0xFF|oob|event|wait|é|a){0,60}") {
        if let Err(bad) = parse(&text, "any.qmp", Known::default()) {
            prop_assert!(!bad.to_string().is_empty());
        }
    }
}
