//! Which events are sent when, and what is in them. Time is made up: two events are always a second apart,
//! so that no rate limit is ever broken.

use crate::answer::invent;
use crate::bug::Event;
use crate::host::{Host, World};
use qmprobe_wire::Value;

/// Commands between two events that nothing in particular caused.
const EVENT_EVERY: u64 = 64;
/// The same where a bug needs events to show itself.
const EVENT_EVERY_OFTEN: u64 = 5;
/// The time at which this peer's clock began, in seconds since 1970.
const EPOCH: i64 = 1_700_000_000;

/// The events that carrying out `command` causes, by name; moves the state of the guest.
pub(crate) fn caused_by(command: &str, world: &mut World) -> Option<&'static str> {
    match command {
        "stop" if world.running => {
            world.running = false;
            Some("STOP")
        }
        "cont" if !world.running => {
            world.running = true;
            Some("RESUME")
        }
        "system_reset" => Some("RESET"),
        "system_powerdown" => Some("POWERDOWN"),
        "quit" => Some("SHUTDOWN"),
        _ => None,
    }
}

/// Whether an event comes by itself after this many commands of a connection.
pub(crate) fn is_due(host: &Host, commands: u64) -> bool {
    let often = host.config.bugs.iter().any(|bug| bug.hooks.eventful);
    commands.is_multiple_of(if often { EVENT_EVERY_OFTEN } else { EVENT_EVERY })
}

/// The event that comes by itself: each declared one in its turn.
pub(crate) fn by_itself(host: &Host, world: &mut World) -> Option<Event> {
    let declared = &host.config.schema.events;
    let turn = usize::try_from(world.events).unwrap_or_default() % declared.len().max(1);
    let favourite = host.config.bugs.iter().find_map(|bug| host.config.schema.event(bug.hooks.favourite?));
    let event = favourite.or_else(|| declared.get(turn))?;
    make(host, world, &event.name)
}

/// An event of this name, if the schema declares it.
pub(crate) fn make(host: &Host, world: &mut World, name: &str) -> Option<Event> {
    let declared = host.config.schema.event(name)?;
    let number = world.events;
    world.events += 1;
    let seconds = EPOCH.saturating_add(i64::try_from(number).unwrap_or(i64::MAX));
    let timestamp = Value::Object(vec![
        ("seconds".to_owned(), Value::int(seconds)),
        ("microseconds".to_owned(), Value::int(0)),
    ]);
    let mut event = Event {
        members: vec![("timestamp".to_owned(), timestamp), ("event".to_owned(), Value::string(name))],
    };
    if let Some(ty) = declared.data {
        event.set("data", invent(host, ty, name, number));
    }
    for bug in &host.config.bugs {
        (bug.hooks.event)(&mut event);
    }
    Some(event)
}
