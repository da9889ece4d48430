//! Whether two shares differ by more than chance.

/// Two-sided, p < 0.01: many shares are compared at once, so 0.05 would mark some of them by chance.
const CRITICAL: f64 = 2.576;
/// Cases that have to be expected in every cell; with fewer the test says nothing.
const EXPECTED: f64 = 5.0;

/// The two-proportion z-test with the pooled share: `count` of `of` against the same of another.
pub(super) fn differ(one: (u64, u64), other: (u64, u64)) -> bool {
    let [a, n, b, m] = [one.0, one.1, other.0, other.1].map(|number| number as f64);
    if n < 1.0 || m < 1.0 || a > n || b > m {
        return false;
    }
    let pooled = (a + b) / (n + m);
    let smallest = n.min(m) * pooled.min(1.0 - pooled);
    if smallest < EXPECTED {
        return false;
    }
    let error = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    ((a / n - b / m) / error).abs() >= CRITICAL
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_numbers_and_small_differences_mean_nothing() {
        assert!(!differ((0, 3), (3, 3)), "too few");
        assert!(!differ((1, 1_000), (4, 1_000)), "too rare");
        assert!(!differ((100, 1_000), (110, 1_000)), "10 % and 11 %");
        assert!(differ((100, 1_000), (150, 1_000)), "10 % and 15 %");
        assert!(differ((10_000, 100_000), (10_500, 100_000)));
        assert!(!differ((0, 0), (5, 10)), "nothing to compare with");
        assert!(!differ((50, 50), (60, 60)), "both all");
    }

    #[test]
    fn the_boundary_is_that_of_the_table() {
        // z = 2.58 and 2.55 by hand: pooled 0.5, error sqrt(0.25 * 2 / 1000) = 0.02236.
        assert!(differ((529, 1_000), (471, 1_000)));
        assert!(!differ((528, 1_000), (471, 1_000)));
    }

    proptest! {
        #[test]
        fn it_is_symmetric(a in 0..500_u64, n in 0..500_u64, b in 0..500_u64, m in 0..500_u64) {
            prop_assert_eq!(differ((a, n), (b, m)), differ((b, m), (a, n)));
            prop_assert!(!differ((a, n), (a, n)));
        }
    }
}
