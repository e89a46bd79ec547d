//! Lines that a person types on the terminal and that it does not show.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Write};

use anyhow::{Context as _, bail};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use secrecy::SecretString;

/// The terminal, whose settings return when this goes.
struct Hiding<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Hiding<'a> {
    /// Shows nothing but line breaks from now on. The letter for an interruption, Ctrl-C, ends a line in place of the
    /// process, which would leave the terminal like this to the next program.
    fn begin(terminal: &'a File) -> std::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
        hidden.local_modes |= LocalModes::ECHONL | LocalModes::ICANON;
        hidden.special_codes[SpecialCodeIndex::VEOL] = interruption(&before);
        tcsetattr(terminal, OptionalActions::Now, &hidden)?;
        Ok(Self { terminal, before })
    }

    /// The bytes of the next line, with the one that ended it.
    fn line(&self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        // A terminal hands out no more than a line at a time, so nothing of the next one is lost in the buffer.
        for byte in BufReader::new(self.terminal).bytes() {
            let byte = byte?;
            line.push(byte);
            if byte == b'\n' || byte == interruption(&self.before) {
                break;
            }
        }
        Ok(line)
    }
}

impl Drop for Hiding<'_> {
    fn drop(&mut self) {
        // A terminal that went away has nothing to return to.
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

fn interruption(settings: &Termios) -> u8 {
    settings.special_codes[SpecialCodeIndex::VINTR]
}

/// Asks on the terminal of this process, whatever its standard input is. Ctrl-C ends the process as it does elsewhere.
pub(in crate::cli) fn ask(prompt: &str) -> anyhow::Result<SecretString> {
    let mut terminal = (OpenOptions::new().read(true).write(true).open("/dev/tty"))
        .context("there is no terminal to ask on")?;
    let hiding = Hiding::begin(&terminal)?;
    (&terminal).write_all(prompt.as_bytes())?;
    let line = hiding.line();
    let stop = interruption(&hiding.before);
    drop(hiding);
    let mut line = line.context("the terminal cannot be read")?;
    match line.pop() {
        Some(b'\n') => {}
        Some(last) if last == stop => {
            terminal.write_all(b"\n")?;
            // A script that called this program ends with it, as the terminal itself would have it.
            kill_current_process_group(Signal::INT)?;
            bail!("interrupted; nothing was done");
        }
        _ => bail!("the terminal gave no line; nothing was done"),
    }
    let text = String::from_utf8(line).map_err(|_| anyhow::anyhow!("what was typed is not UTF-8"));
    text.map(SecretString::from)
}
