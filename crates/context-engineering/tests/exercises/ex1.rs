//! Fusion with weights.

use crate::ex1_weighted_fusion::fused;

#[test]
fn what_both_find_comes_first() {
    assert_eq!(fused(&[(1.0, vec![7, 3]), (1.0, vec![5, 3])]), [3, 5, 7]);
    assert_eq!(fused(&[]), [0_usize; 0]);
}

#[test]
fn a_weight_says_whom_to_believe() {
    assert_eq!(fused(&[(1.0, vec![1, 2]), (2.0, vec![3, 4])]), [3, 4, 1, 2]);
    assert_eq!(fused(&[(2.0, vec![1, 2]), (1.0, vec![3, 4])]), [1, 2, 3, 4]);
}

#[test]
fn a_chunk_counts_once_in_a_list() {
    assert_eq!(fused(&[(1.0, vec![1, 2, 2, 2]), (0.1, vec![1])]), [1, 2]);
}
