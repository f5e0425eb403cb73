//! Starts the log: to standard error, text on a terminal and JSON otherwise. Who logs what is up to the layers.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::Log;
use crate::config::LogFormat;
use crate::error::Error;
use crate::error::Result;

/// Once per process; a second call is an error.
pub fn start(settings: &Log) -> Result<()> {
    let is_terminal = std::io::stderr().is_terminal();
    let is_text = match settings.format {
        LogFormat::Auto => is_terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter(settings.level)).with_writer(std::io::stderr);
    let started = match (is_text, is_terminal) {
        (false, _) => log.json().flatten_event(true).with_span_list(false).finish().try_init(),
        (true, false) => log.with_ansi(false).finish().try_init(),
        // Colours, unless NO_COLOR asks for none.
        (true, true) => log.finish().try_init(),
    };
    started.map_err(|error| Error::bug(format!("the log is started twice: {error}")))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// The level is for our own messages. Libraries stay at warnings: in detail they log headers, and those hold secrets.
#[must_use]
pub fn filter(level: tracing::Level) -> EnvFilter {
    let own = level.to_string().to_lowercase();
    EnvFilter::new(format!("warn,keyway={own},tracing_actix_web={own}"))
}

/// Where, but not what: the payload of a panic may quote a value.
fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(panic.place = %place, panic.thread = thread, "a panic; this is a defect, please report where it was");
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::Mutex;

    use tracing_subscriber::fmt::MakeWriter;

    use super::filter;
    use super::log_panic;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Captured {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn libraries_stay_at_warnings() {
        let captured = Captured::default();
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter(tracing::Level::TRACE))
            .with_writer(captured.clone())
            .finish();
        tracing::subscriber::with_default(log, || {
            tracing::trace!("ours");
            tracing::info!(target: "hyper::headers", "authorization: planted");
            tracing::warn!(target: "hyper", "theirs");
        });
        let text = captured.text();
        assert!(text.contains("ours") && text.contains("theirs") && !text.contains("planted"), "{text}");
    }

    #[test]
    fn a_panic_is_placed_and_its_payload_left_out() {
        let captured = Captured::default();
        let log = tracing_subscriber::fmt().json().with_writer(captured.clone()).finish();
        // The hook is the process's: it is put back at once, and other tests' panics in between are only logged elsewhere.
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(log_panic));
        let result =
            tracing::subscriber::with_default(log, || std::panic::catch_unwind(|| panic!("token planted-5ecret")));
        std::panic::set_hook(before);
        let text = captured.text();
        assert!(result.is_err());
        assert!(text.contains("src/logging.rs:"), "{text}");
        assert!(!text.contains("planted-5ecret"), "{text}");
    }
}
