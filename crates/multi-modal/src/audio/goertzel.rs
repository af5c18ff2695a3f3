//! The power of a signal at one frequency (Goertzel 1958): cheaper than a Fourier transform when few are wanted.

use std::f64::consts::PI;

/// A detector for one frequency at one rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goertzel {
    coefficient: f32,
}

impl Goertzel {
    /// For `hertz` in samples that come at `rate` Hz.
    pub(crate) fn new(hertz: f64, rate: f64) -> Self {
        Self { coefficient: (2.0 * (2.0 * PI * hertz / rate).cos()) as f32 }
    }

    /// Mean square of the part of the samples that is at the frequency: 0.5 for a sine of full scale.
    pub(crate) fn power(self, samples: &[f32]) -> f64 {
        let (mut last, mut before) = (0.0_f32, 0.0_f32);
        for sample in samples {
            let next = sample + self.coefficient * last - before;
            before = last;
            last = next;
        }
        let (last, before) = (f64::from(last), f64::from(before));
        let squared = last * last + before * before - f64::from(self.coefficient) * last * before;
        2.0 * squared.max(0.0) / (samples.len().max(1) as f64).powi(2)
    }
}

/// Mean square of the samples.
pub(crate) fn mean_square(samples: &[f32]) -> f64 {
    let sum: f32 = samples.iter().map(|sample| sample * sample).sum();
    f64::from(sum) / samples.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_hears_its_frequency_only() {
        let sine: Vec<f32> = (0..800).map(|n| (2.0 * PI * 1_000.0 * f64::from(n) / 8_000.0).sin() as f32).collect();
        assert!((Goertzel::new(1_000.0, 8_000.0).power(&sine) - 0.5).abs() < 1e-3);
        assert!(Goertzel::new(1_200.0, 8_000.0).power(&sine) < 1e-4);
        assert_eq!(Goertzel::new(1_000.0, 8_000.0).power(&[]), 0.0);
    }
}
