//! The few primitives that the state machine rests on, so that loom can take their place in its models.

#[cfg(all(test, loom_models))]
pub(crate) use loom::sync::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU64, Ordering},
};
#[cfg(not(all(test, loom_models)))]
pub(crate) use std::sync::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU64, Ordering},
};

use std::sync::{PoisonError, TryLockError};

pub(crate) use slot::Slot;

/// Locks, also after a panic elsewhere: what is guarded here is never left half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for reading, also after a panic elsewhere.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// Locks for writing, also after a panic elsewhere.
pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Locks if nobody else has, also after a panic elsewhere.
pub(crate) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(not(all(test, loom_models)))]
mod slot {
    use std::sync::Arc;

    use arc_swap::{ArcSwapOption, Guard};

    /// A shared value that is read without a lock and without counting references, and replaced as a whole.
    #[derive(Debug)]
    pub(crate) struct Slot<T>(ArcSwapOption<T>);

    impl<T> Slot<T> {
        pub(crate) fn new(value: Option<Arc<T>>) -> Self {
            Self(ArcSwapOption::new(value))
        }

        pub(crate) fn load(&self) -> Guard<Option<Arc<T>>> {
            self.0.load()
        }

        pub(crate) fn swap(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
            self.0.swap(value)
        }

        /// Stores `value` if `seen` is what is there, and tells whether it was.
        pub(crate) fn replace(&self, seen: &Arc<T>, value: Arc<T>) -> bool {
            let found = self.0.compare_and_swap(seen, Some(value));
            found.as_ref().is_some_and(|found| Arc::ptr_eq(found, seen))
        }
    }
}

#[cfg(all(test, loom_models))]
mod slot {
    use std::sync::Arc;

    use super::{Mutex, lock};

    /// The model of the slot: what it promises, by a lock.
    #[derive(Debug)]
    pub(crate) struct Slot<T>(Mutex<Option<Arc<T>>>);

    #[derive(Debug)]
    pub(crate) struct Loaded<T>(Option<Arc<T>>);

    impl<T> std::ops::Deref for Loaded<T> {
        type Target = Option<Arc<T>>;

        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    impl<T> Slot<T> {
        pub(crate) fn new(value: Option<Arc<T>>) -> Self {
            Self(Mutex::new(value))
        }

        pub(crate) fn load(&self) -> Loaded<T> {
            Loaded(lock(&self.0).clone())
        }

        pub(crate) fn swap(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
            std::mem::replace(&mut *lock(&self.0), value)
        }

        pub(crate) fn replace(&self, seen: &Arc<T>, value: Arc<T>) -> bool {
            let mut slot = lock(&self.0);
            let same = slot.as_ref().is_some_and(|found| Arc::ptr_eq(found, seen));
            if same {
                *slot = Some(value);
            }
            same
        }
    }
}
