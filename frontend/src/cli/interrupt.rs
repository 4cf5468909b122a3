//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::exit::INTERRUPTED;

/// How often a waiting thread looks whether it is interrupted.
const GLANCE: Duration = Duration::from_millis(20);

/// How long work that was told to stop may take to do so before it is left alone.
const PATIENCE: Duration = Duration::from_millis(300);

/// Notices Ctrl-C.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    /// Set by Ctrl-C.
    raised: Arc<AtomicBool>,
    /// Whether Ctrl-C ends the process at once: where nothing has to be cleaned up.
    at_once: Arc<AtomicBool>,
}

impl Interrupt {
    /// Takes over Ctrl-C for the process, which it ends at once until told otherwise.
    pub(crate) fn install() -> Interrupt {
        let interrupt = Interrupt {
            raised: Arc::new(AtomicBool::new(false)),
            at_once: Arc::new(AtomicBool::new(true)),
        };
        #[cfg(not(target_family = "wasm"))]
        {
            use signal_hook::consts::SIGINT;
            use signal_hook::flag;
            // If handlers can't be installed, Ctrl-C ends the process as it does everywhere.
            let shutdown = flag::register_conditional_shutdown(
                SIGINT,
                i32::from(INTERRUPTED),
                Arc::clone(&interrupt.at_once),
            );
            if shutdown.is_ok() {
                let _ = flag::register(SIGINT, Arc::clone(&interrupt.raised));
            }
        }
        interrupt
    }

    /// Says whether Ctrl-C ends the process at once.
    pub(crate) fn end_at_once(&self, yes: bool) {
        self.at_once.store(yes, Ordering::SeqCst);
    }

    /// The flag that Ctrl-C sets.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.raised)
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn is_raised(&self) -> bool {
        self.raised.load(Ordering::SeqCst)
    }

    /// Forgets that Ctrl-C was pressed.
    pub(crate) fn reset(&self) {
        self.raised.store(false, Ordering::SeqCst);
    }

    /// Does work on a thread of its own, which gets a flag that tells it to stop. None if Ctrl-C
    /// was pressed: what doesn't look at the flag soon enough is left behind to end by itself.
    pub(crate) fn watch<T: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Option<T> {
        self.reset();
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, receiver) = channel();
        let told = Arc::clone(&stop);
        let spawned = std::thread::Builder::new()
            .name("icosian-evaluation".to_owned())
            .spawn(move || {
                // The receiver is gone if this was left behind.
                let _ = sender.send(work(told));
            });
        spawned.ok()?;
        let mut since: Option<Instant> = None;
        loop {
            match receiver.recv_timeout(GLANCE) {
                Ok(result) if since.is_none() => return Some(result),
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.is_raised() {
                stop.store(true, Ordering::SeqCst);
                if since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                    return None;
                }
            }
        }
    }
}
