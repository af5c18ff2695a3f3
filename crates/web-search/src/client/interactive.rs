//! The menu: a number or a name chooses a tool, the words after it are what is searched for.

use anyhow::Result;
use rmcp::model::Tool;
use serde_json::{Map, Value};

use super::{
    editor::{COMMANDS, Lines, Typed},
    form::{Field, fields, read, value},
    session::{Called, Session},
    show::{Screen, Style, as_json, line},
};

const HELP: &str = "1 rust async            the first tool, with words to search for\n\
                    qna how far is the Moon the tool of that name\n\
                    1 rust num_results=3    with other arguments, by name\n\
                    2                       asks for what the tool needs\n\
                    help 2                  the arguments of a tool\n\
                    menu                    the tools\n\
                    json                    the last result, as a program sees it\n\
                    quit                    the end, as Ctrl-D and Ctrl-C\n\
                    Up and Down go through what you have typed, Tab completes names; Ctrl-C ends a call.";

/// Times that a value is asked for until the person is left alone.
const ATTEMPTS: usize = 3;

/// Does what the person says until they have had enough.
///
/// # Errors
/// The terminal or the server is gone.
pub(super) async fn run(session: &Session, screen: &Screen, mut lines: impl Lines) -> Result<()> {
    let about = format!("{} in {}: {} tools", session.server(), session.revision, session.tools.len());
    screen.say(Style::Strong, &about)?;
    screen.menu(&session.tools)?;
    screen.say(Style::Faint, "a number or a name, and words to search for; help, quit")?;
    let mut last = None;
    loop {
        let typed = match lines.line("search> ", true).await? {
            Typed::Line(typed) => typed,
            Typed::Interrupt | Typed::End => return Ok(()),
        };
        let (command, rest) = typed.trim().split_once(char::is_whitespace).unwrap_or((typed.trim(), ""));
        match command {
            "" => {}
            "quit" | "exit" | "q" => return Ok(()),
            "menu" | "tools" => screen.menu(&session.tools)?,
            "help" | "?" => help(session, screen, rest.trim())?,
            "json" => match &last {
                Some(called) => screen.object(&as_json(called))?,
                None => screen.say(Style::Plain, "nothing has been called yet")?,
            },
            chosen => match choose(&session.tools, chosen) {
                Some(tool) => last = call(session, screen, tool, rest, &mut lines).await?.or(last),
                None => screen.say(Style::Bad, &unknown(&session.tools, chosen))?,
            },
        }
    }
}

/// Calls a tool with what was typed, and what is asked for. Nothing, if the person has changed their mind.
async fn call(
    session: &Session,
    screen: &Screen,
    tool: &Tool,
    rest: &str,
    lines: &mut impl Lines,
) -> Result<Option<Called>> {
    let fields = fields(tool);
    let mut arguments = match read(rest, &fields) {
        Ok(arguments) => arguments,
        Err(error) => {
            screen.say(Style::Bad, &error)?;
            return Ok(None);
        }
    };
    for field in fields.iter().filter(|field| field.is_required) {
        if !arguments.contains_key(&field.name) && !ask(field, &mut arguments, screen, lines).await? {
            screen.say(Style::Faint, "nothing is called")?;
            return Ok(None);
        }
    }
    let called = session.call(&tool.name, arguments).await?;
    screen.called(&called, false)?;
    Ok(Some(called))
}

/// Asks for an argument. Whether there is one.
async fn ask(
    field: &Field,
    arguments: &mut Map<String, Value>,
    screen: &Screen,
    lines: &mut impl Lines,
) -> Result<bool> {
    if !field.about.is_empty() {
        screen.say(Style::Faint, &field.about)?;
    }
    for _ in 0..ATTEMPTS {
        let Typed::Line(typed) = lines.line(&format!("  {}: ", line(&field.name, 40)), false).await? else {
            return Ok(false);
        };
        if typed.trim().is_empty() {
            return Ok(false);
        }
        match value(field, &typed) {
            Ok(value) => {
                arguments.insert(field.name.clone(), value);
                return Ok(true);
            }
            Err(error) => screen.say(Style::Bad, &error)?,
        }
    }
    Ok(false)
}

fn help(session: &Session, screen: &Screen, chosen: &str) -> Result<()> {
    if chosen.is_empty() {
        screen.say(Style::Plain, HELP)?;
        return Ok(());
    }
    let Some(tool) = choose(&session.tools, chosen) else {
        screen.say(Style::Bad, &unknown(&session.tools, chosen))?;
        return Ok(());
    };
    screen.say(Style::Strong, &line(&tool.name, 120))?;
    screen.say(Style::Plain, &line(tool.description.as_deref().unwrap_or_default(), 500))?;
    for field in fields(tool) {
        let needed = if field.is_required { "" } else { " (may be left out)" };
        let choices = match field.choices.is_empty() {
            true => String::new(),
            false => format!(" One of {}.", field.choices.join(", ")),
        };
        screen.say(Style::Plain, &format!("  {}{needed}: {}{choices}", line(&field.name, 40), field.about))?;
    }
    Ok(())
}

/// By number, by name, or by the beginning of one name only.
fn choose<'a>(tools: &'a [Tool], chosen: &str) -> Option<&'a Tool> {
    let by_number = chosen.parse::<usize>().ok().and_then(|number| tools.get(number.checked_sub(1)?));
    let by_name = || tools.iter().find(|tool| tool.name == chosen);
    let by_beginning = || {
        let mut like = tools.iter().filter(|tool| tool.name.starts_with(chosen));
        like.next().filter(|_| like.next().is_none())
    };
    by_number.or_else(by_name).or_else(by_beginning)
}

fn unknown(tools: &[Tool], chosen: &str) -> String {
    let names: Vec<String> = tools.iter().map(|tool| line(&tool.name, 40)).collect();
    format!(
        "there is no '{}'; hint: use a number from 1 to {}, one of {}, or {}",
        line(chosen, 40),
        tools.len(),
        names.join(", "),
        COMMANDS.join(", ")
    )
}
