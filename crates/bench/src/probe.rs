//! What broker, generator and the rest of the machine used during a window.

use crate::clock::now_ns;
use crate::disk_watch::DiskUse;
use crate::error::RunError;
use crate::process_usage::{ProcessUsage, machine_busy_seconds};
use serde::{Deserialize, Serialize};

/// Takes samples of the broker process, this process and the machine.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    pid: Option<u32>,
}

/// One sample.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    at_ns: u64,
    broker: Option<ProcessUsage>,
    generator: ProcessUsage,
    machine_busy_seconds: f64,
}

/// Use of the machine between two samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Length of the window.
    pub seconds: f64,
    /// CPU time of the broker, when its process is known.
    pub broker_cpu_seconds: Option<f64>,
    /// Resident memory of the broker at the end of the window.
    pub broker_resident_bytes: Option<u64>,
    /// What the disk had to do, where that was watched.
    #[serde(default)]
    pub disk: DiskUse,
    /// Cores this generator used: near 1.0 it is the bottleneck.
    pub generator_cores: f64,
    /// Cores that anybody else used: above 0.2 the figures are disturbed.
    pub other_cores: f64,
}

impl Probe {
    /// Watches the broker process `pid`, if given.
    #[must_use]
    pub fn new(pid: Option<u32>) -> Self {
        Self { pid }
    }

    /// Takes a sample.
    ///
    /// # Errors
    /// The broker process is gone or may not be looked at.
    pub fn sample(&self) -> Result<Sample, RunError> {
        self.sample_with(ProcessUsage::sample)
    }

    /// Takes a sample with exact memory, see [`ProcessUsage::sample_exact`].
    ///
    /// # Errors
    /// The broker process is gone or may not be looked at.
    pub fn sample_exact(&self) -> Result<Sample, RunError> {
        self.sample_with(ProcessUsage::sample_exact)
    }

    fn sample_with(&self, read: fn(u32) -> std::io::Result<ProcessUsage>) -> Result<Sample, RunError> {
        let broker = self.pid.map(|pid| {
            read(pid)
                .map_err(|error| RunError::Broker(format!("cannot read the usage of broker process {pid}: {error}")))
        });
        Ok(Sample {
            at_ns: now_ns(),
            broker: broker.transpose()?,
            generator: ProcessUsage::sample(std::process::id())?,
            machine_busy_seconds: machine_busy_seconds(),
        })
    }
}

impl Sample {
    /// Resident memory of the broker in bytes, when its process is known.
    #[must_use]
    pub fn broker_resident_bytes(&self) -> Option<u64> {
        self.broker.map(|broker| broker.resident_bytes)
    }

    /// Use between this sample and a later one.
    #[must_use]
    pub fn until(&self, end: &Self) -> Usage {
        let seconds = end.at_ns.saturating_sub(self.at_ns) as f64 / 1e9;
        let broker_cpu_seconds =
            self.broker.zip(end.broker).map(|(start, end)| (end.cpu_seconds - start.cpu_seconds).max(0.0));
        let generator = (end.generator.cpu_seconds - self.generator.cpu_seconds).max(0.0);
        let machine = (end.machine_busy_seconds - self.machine_busy_seconds).max(0.0);
        let other = (machine - generator - broker_cpu_seconds.unwrap_or_default()).max(0.0);
        let cores = |cpu_seconds: f64| if seconds > 0.0 { cpu_seconds / seconds } else { 0.0 };
        Usage {
            seconds,
            broker_cpu_seconds,
            broker_resident_bytes: end.broker_resident_bytes(),
            disk: DiskUse::default(),
            generator_cores: cores(generator),
            other_cores: cores(other),
        }
    }
}

impl Usage {
    /// Cores the broker used.
    #[must_use]
    pub fn broker_cores(&self) -> Option<f64> {
        self.broker_cpu_seconds.filter(|_| self.seconds > 0.0).map(|cpu_seconds| cpu_seconds / self.seconds)
    }

    /// `count` per second of broker CPU; `None` when the process is unknown or used less than two steps of its clock.
    #[must_use]
    pub fn per_broker_cpu_second(&self, count: u64) -> Option<f64> {
        self.broker_cpu_seconds.filter(|cpu_seconds| *cpu_seconds >= 0.02).map(|cpu_seconds| count as f64 / cpu_seconds)
    }

    /// Microseconds of broker CPU for each of `count`; `None` when the process is unknown or nothing was counted.
    #[must_use]
    pub fn broker_microseconds_each(&self, count: u64) -> Option<f64> {
        self.broker_cpu_seconds.filter(|_| count > 0).map(|cpu_seconds| cpu_seconds * 1e6 / count as f64)
    }
}
