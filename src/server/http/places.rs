//! Places for connections: so many in all, and of one network so many of them that others still find one.

use ipnet::IpNet;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One network takes at most one place of so many.
const SHARES: usize = 8;

/// All places.
#[derive(Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_one: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// Behind one of these are many networks, and it keeps them apart itself.
    unbounded: Arc<[IpNet]>,
}

/// A place, for as long as the connection lives.
pub(super) struct Place {
    _of_all: OwnedSemaphorePermit,
    network: Option<(IpAddr, Places)>,
}

impl Places {
    /// So many in all. What comes from this machine itself, or from one of the proxies, is bounded by that alone.
    pub(super) fn new(most: usize, proxies: Arc<[IpNet]>) -> Self {
        let of_one = (most / SHARES).max(1);
        Self { all: Arc::new(Semaphore::new(most)), of_one, taken: Arc::default(), unbounded: proxies }
    }

    /// A place for somebody from there, if there is one.
    pub(super) fn take(&self, from: Option<IpAddr>) -> Option<Place> {
        let of_all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let bounded = from.map(|from| from.to_canonical()).filter(|from| !self.is_unbounded(from)).map(network);
        if let Some(network) = bounded {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let n_taken = taken.entry(network).or_default();
            if *n_taken >= self.of_one {
                return None;
            }
            *n_taken += 1;
        }
        Some(Place { _of_all: of_all, network: bounded.map(|network| (network, self.clone())) })
    }

    fn is_unbounded(&self, from: &IpAddr) -> bool {
        from.is_loopback() || self.unbounded.iter().any(|network| network.contains(from))
    }

    fn give_back(&self, network: &IpAddr) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n_taken) = taken.get_mut(network) {
            *n_taken -= 1;
            if *n_taken == 0 {
                taken.remove(network);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((network, places)) = &self.network {
            places.give_back(network);
        }
    }
}

/// What one provider gives to one customer: IPv4 /24, IPv6 /48.
fn network(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(from) => IpAddr::V4(from & Ipv4Addr::new(255, 255, 255, 0)),
        IpAddr::V6(from) => IpAddr::V6(Ipv6Addr::from_bits(from.to_bits() >> 80 << 80)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_places_but_who_stands_for_many() {
        let places = Places::new(16, ["10.0.0.0/8".parse().unwrap()].into());
        let take = |from: &str| places.take(Some(from.parse().unwrap()));
        let (one, two) = (take("192.0.2.1").unwrap(), take("192.0.2.2").unwrap());
        assert!(take("192.0.2.3").is_none(), "an eighth of them");
        let _other = take("198.51.100.1").unwrap();
        let (_six, _same) = (take("2001:db8:1::1").unwrap(), take("2001:db8:1:ffff::1").unwrap());
        assert!(take("2001:db8:1:2::1").is_none() && take("2001:db8:2::1").is_some());
        drop(one);
        assert!(take("::ffff:192.0.2.9").is_some(), "free again, whatever it is called");
        drop(two);
        let proxied: Vec<_> = (0..11).map(|_| take("10.0.0.1").unwrap()).collect();
        let here: Vec<_> = (0..2).filter_map(|_| take("127.0.0.1")).collect();
        assert_eq!((proxied.len(), here.len()), (11, 2));
        assert!(take("127.0.0.1").is_none() && places.take(None).is_none(), "there are no more");
        drop(proxied);
        assert!(places.taken.lock().unwrap().len() <= 2, "who is gone is not kept");
    }
}
