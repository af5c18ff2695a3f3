//! Reproducible chance: the same seed gives the same numbers on every machine and in every version, which `rand`'s
//! `StdRng` doesn't promise.

/// SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator that starts at `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 random bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// A number in `low..high`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A number in `0..n`; 0 where `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next_u64() % (n.max(1) as u64)) as usize
    }

    /// `true` with the probability `p`.
    pub(crate) fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }
}

/// FNV-1a, 64 bit (RFC 9923): how a prompt becomes a seed.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Value noise on a lattice of random numbers (Perlin's octave sums on top of it).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise(u32);

impl Noise {
    /// A field of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self((seed ^ (seed >> 32)) as u32)
    }

    /// The same field of another dimension: independent of this one.
    pub(crate) fn layer(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n.wrapping_mul(0x9E37_79B9)))
    }

    /// Smooth noise in `0.0..=1.0`; one bump is about one unit wide.
    pub(crate) fn value(self, x: f32, y: f32) -> f32 {
        let (cell_x, cell_y) = (x.floor(), y.floor());
        let (fx, fy) = (x - cell_x, y - cell_y);
        let (ix, iy) = (cell_x as i32, cell_y as i32);
        let (sx, sy) = (fx * fx * (3.0 - 2.0 * fx), fy * fy * (3.0 - 2.0 * fy));
        let (ix1, iy1) = (ix.wrapping_add(1), iy.wrapping_add(1));
        let top = self.lattice(ix, iy) + (self.lattice(ix1, iy) - self.lattice(ix, iy)) * sx;
        let bottom = self.lattice(ix, iy1) + (self.lattice(ix1, iy1) - self.lattice(ix, iy1)) * sx;
        top + (bottom - top) * sy
    }

    /// Fractal sum of `octaves` of noise in `0.0..=1.0`, each half as strong and twice as fine.
    pub(crate) fn fbm(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut sum, mut weight, mut total, mut scale) = (0.0, 0.5, 0.0, 1.0);
        for octave in 0..octaves.max(1) {
            sum += weight * self.layer(octave).value(x * scale, y * scale);
            total += weight;
            weight *= 0.5;
            scale *= 2.03;
        }
        sum / total
    }

    /// Ridged fractal noise in `0.0..=1.0`: sharp crests, as of eroded rock.
    pub(crate) fn ridged(self, x: f32, y: f32, octaves: u32) -> f32 {
        let (mut sum, mut weight, mut total, mut scale) = (0.0, 0.5, 0.0, 1.0);
        for octave in 0..octaves.max(1) {
            let crest = 1.0 - (2.0 * self.layer(octave).value(x * scale, y * scale) - 1.0).abs();
            sum += weight * crest * crest;
            total += weight;
            weight *= 0.5;
            scale *= 2.07;
        }
        sum / total
    }

    fn lattice(self, x: i32, y: i32) -> f32 {
        let mut h = self.0 ^ (x as u32).wrapping_mul(0x85EB_CA6B) ^ (y as u32).wrapping_mul(0xC2B2_AE35);
        h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
        h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
        ((h ^ (h >> 15)) >> 8) as f32 / (1u32 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_published_first_numbers_come_out() {
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    proptest! {
        #[test]
        fn noise_stays_in_its_range(seed: u64, x in -1e9f32..1e9, y in -1e9f32..1e9) {
            let noise = Noise::new(seed);
            for value in [noise.value(x, y), noise.fbm(x, y, 4), noise.ridged(x, y, 4)] {
                prop_assert!((0.0..=1.0).contains(&value), "{value}");
            }
        }
    }
}
