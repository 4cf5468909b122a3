//! Machine code that prepared flows share.
//!
//! Services prepare the same flow for each model or tenant, notebooks prepare it again after each
//! edit; their loops repeat themselves, and compiling is most of the time to a first answer. A
//! kernel depends on its [`Shape`] alone, so it is kept under that: ops, constants, types and where
//! arguments come from, never names; on whether nulls are looked at; and on the CPU.
//!
//! What is kept is bounded: what was used longest ago goes first. Whoever uses a kernel holds it, so
//! its memory goes back when it is kept no longer and its last user is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use icosian_codegen::wide::CpuLevel;
use icosian_codegen::{CompiledKernel, Nulls};

use crate::execute::kernels::Shape;
use crate::execute::wide::level;

/// A kernel, or why there is none.
pub(crate) type Compiled = Result<Arc<CompiledKernel>, String>;

/// Machine code kept for flows that are prepared later. Clones share what is kept.
///
/// ```
/// use icosian_runtime::execute::KernelCache;
///
/// let kernels = KernelCache::with_limit(1 << 20);
/// assert_eq!((kernels.len(), kernels.bytes()), (0, 0));
/// ```
#[derive(Clone, Debug)]
pub struct KernelCache {
    kept: Arc<Mutex<Kept>>,
}

/// What identifies a kernel.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    shape: Arc<Shape>,
    nulls: Nulls,
    level: CpuLevel,
}

#[derive(Debug)]
struct Entry {
    /// Filled by the first who wants it, while others who want the same wait.
    kernel: Arc<OnceLock<Compiled>>,
    /// When it was wanted last, in wants.
    used: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    entries: HashMap<Key, Entry>,
    limit: usize,
    bytes: usize,
    /// How often a kernel was wanted.
    wants: u64,
}

/// What a kernel takes besides its code: its entry here and the module that owns the memory.
const OVERHEAD: usize = 4096;

/// Machine code stands on pages of its own.
const PAGE: usize = 4096;

impl Default for KernelCache {
    /// A cache of 64 MiB.
    fn default() -> KernelCache {
        KernelCache::with_limit(64 << 20)
    }
}

impl KernelCache {
    /// A cache that keeps so many bytes, roughly.
    pub fn with_limit(bytes: usize) -> KernelCache {
        KernelCache {
            kept: Arc::new(Mutex::new(Kept {
                entries: HashMap::new(),
                limit: bytes,
                bytes: 0,
                wants: 0,
            })),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many kernels are kept.
    pub fn len(&self) -> usize {
        self.kept().entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.kept().bytes
    }

    /// Forgets all kernels; those in use stay until their last user is gone.
    pub fn clear(&self) {
        let mut kept = self.kept();
        let gone = std::mem::take(&mut kept.entries);
        kept.bytes = 0;
        drop(kept);
        // Giving pages back takes a while; nobody need wait for that.
        drop(gone);
    }

    /// The kernel of a shape, if it is kept and made.
    pub(crate) fn peek(&self, shape: &Arc<Shape>, nulls: Nulls) -> Option<Compiled> {
        let key = Key {
            shape: Arc::clone(shape),
            nulls,
            level: level(),
        };
        let mut kept = self.kept();
        kept.wants += 1;
        let used = kept.wants;
        let entry = kept.entries.get_mut(&key)?;
        entry.used = used;
        entry.kernel.get().cloned()
    }

    /// The kernel of a shape, compiled now if it is not kept.
    pub(crate) fn get(
        &self,
        shape: &Arc<Shape>,
        nulls: Nulls,
        compile: impl FnOnce() -> Result<CompiledKernel, String>,
    ) -> Compiled {
        let key = Key {
            shape: Arc::clone(shape),
            nulls,
            level: level(),
        };
        let kernel = {
            let mut kept = self.kept();
            kept.wants += 1;
            let used = kept.wants;
            let entry = kept.entries.entry(key.clone()).or_insert_with(|| Entry {
                kernel: Arc::default(),
                used,
                bytes: 0,
            });
            entry.used = used;
            Arc::clone(&entry.kernel)
        };
        let mut is_new = false;
        // The lock is not held: others find other kernels meanwhile.
        let compiled = kernel.get_or_init(|| {
            is_new = true;
            compile().map(Arc::new)
        });
        if is_new {
            let code = compiled.as_ref().map_or(0, |kernel| kernel.code_bytes());
            self.weigh(&key, code.next_multiple_of(PAGE) + OVERHEAD);
        }
        compiled.clone()
    }

    /// Notes what a kernel takes, and makes room.
    fn weigh(&self, key: &Key, bytes: usize) {
        let mut kept = self.kept();
        let Some(entry) = kept.entries.get_mut(key) else {
            return;
        };
        let before = std::mem::replace(&mut entry.bytes, bytes);
        kept.bytes = kept.bytes + bytes - before;
        let gone = kept.make_room();
        drop(kept);
        drop(gone);
    }
}

impl Kept {
    /// Takes out what was used longest ago, an eighth more than must go, so that this is rare.
    fn make_room(&mut self) -> Vec<Entry> {
        let mut gone = Vec::new();
        if self.bytes <= self.limit {
            return gone;
        }
        let mut by_age: Vec<(u64, Key)> = (self.entries.iter())
            .filter(|(_, entry)| entry.bytes > 0)
            .map(|(key, entry)| (entry.used, key.clone()))
            .collect();
        by_age.sort_unstable_by_key(|(used, _)| *used);
        let enough = self.limit - self.limit / 8;
        for (_, key) in by_age {
            if self.bytes <= enough {
                break;
            }
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes;
                gone.push(entry);
            }
        }
        gone
    }
}
