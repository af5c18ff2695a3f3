//! The short-time power spectrum that measuring, drawing and classifying share.

use std::{f32::consts::PI, sync::Arc};

use rustfft::{Fft, FftPlanner, num_complex::Complex};

/// A Hann-windowed Fourier transform of one size, with its buffers.
pub(crate) struct Spectrum {
    transform: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
    buffer: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl Spectrum {
    /// For frames of `size` samples, at least 16.
    pub(crate) fn new(size: usize) -> Self {
        let size = size.max(16);
        let transform = FftPlanner::new().plan_fft_forward(size);
        let step = 2.0 * PI / size as f32;
        Self {
            window: (0..size).map(|n| 0.5 - 0.5 * (step * n as f32).cos()).collect(),
            buffer: vec![Complex::default(); size],
            scratch: vec![Complex::default(); transform.get_inplace_scratch_len()],
            power: vec![0.0; size / 2 + 1],
            transform,
        }
    }

    /// Power of each of the `size / 2 + 1` bins; a sine of full scale has about 1 in its bin. A shorter frame is
    /// padded with silence, a longer one cut.
    pub(crate) fn power(&mut self, frame: &[f32]) -> &[f32] {
        self.buffer.fill(Complex::default());
        for ((slot, sample), weight) in self.buffer.iter_mut().zip(frame).zip(&self.window) {
            slot.re = sample * weight;
        }
        self.transform.process_with_scratch(&mut self.buffer, &mut self.scratch);
        // The window's sum is half the size, and half of a sine's amplitude is at the negative frequency.
        let scale = (4.0 / self.window.len() as f32).powi(2);
        for (power, bin) in self.power.iter_mut().zip(&self.buffer) {
            *power = bin.norm_sqr() * scale;
        }
        &self.power
    }
}

/// Geometric over arithmetic mean of the power: 0 for a pure tone, about 0.56 for white noise (Johnston 1988).
pub(crate) fn flatness(power: &[f32]) -> f64 {
    let count = power.len().max(1) as f64;
    let mean: f64 = power.iter().map(|bin| f64::from(*bin)).sum::<f64>() / count;
    if mean < 1e-14 {
        return 0.0;
    }
    let logarithms: f64 = power.iter().map(|bin| (f64::from(*bin) + 1e-14).ln()).sum();
    (logarithms / count).exp() / mean
}

/// Share of the power that lies in the strongest bin and the two on either side of it, 0..=1.
pub(crate) fn peak_share(power: &[f32]) -> f64 {
    let total: f32 = power.iter().sum();
    let peak = peak_bin(power);
    let around = power.get(peak.saturating_sub(2)..(peak + 3).min(power.len()));
    let near: f32 = around.unwrap_or_default().iter().sum();
    if total > 0.0 { f64::from(near / total) } else { 0.0 }
}

/// Index of the strongest bin, the lowest of equal ones.
pub(crate) fn peak_bin(power: &[f32]) -> usize {
    let mut peak = 0;
    for (index, bin) in power.iter().enumerate() {
        if *bin > power[peak] {
            peak = index;
        }
    }
    peak
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_has_its_power_in_its_bin() {
        let mut spectrum = Spectrum::new(256);
        let sine: Vec<f32> = (0..256).map(|n| (2.0 * PI * 32.0 * n as f32 / 256.0).sin()).collect();
        let power = spectrum.power(&sine);
        assert_eq!(peak_bin(power), 32);
        assert!((power[32] - 1.0).abs() < 1e-3);
        assert!(peak_share(power) > 0.99 && flatness(power) < 0.01);
        assert_eq!(flatness(spectrum.power(&[])), 0.0);
    }
}
