//! Polynomials and split constants of the mathematical functions.
//!
//! Written by `docs/math/coefficients.py`, which says how each is derived; change it there.

// Digits are the shortest that read back to the double meant; the splits are no known constants.
#![allow(clippy::approx_constant)]

/// (exp(r) − 1 − r) / r² on |r| ≤ ln 2 / 2, weighted by r.
/// Largest error 2^-61.6, 2^-59.7 once rounded.
pub(super) const EXPONENTIAL: [f64; 11] = [
    0.5,
    0.16666666666666677,
    0.0416666666666667,
    0.008333333333321919,
    0.0013888888888867377,
    0.00019841269885466709,
    2.480158735969876e-05,
    2.7557244823861193e-06,
    2.755724337512594e-07,
    2.5108836047158547e-08,
    2.0924278978993696e-09,
];

/// (exp(r) − 1 − r − r²/2) / r³, same range.
/// Largest error 2^-56.8, 2^-55.6 once rounded.
pub(super) const EXPONENTIAL_TAIL: [f64; 10] = [
    0.16666666666666669,
    0.04166666666666667,
    0.008333333333330062,
    0.0013888888888880942,
    0.00019841269863054596,
    2.4801587333954474e-05,
    2.755726845865458e-06,
    2.755726431298531e-07,
    2.5100386068598903e-08,
    2.0918138614207798e-09,
];

/// (2·atanh(s)/s − 2) / s² in s² for s = f/(2+f), 1+f from √½ to √2.
/// Largest error 2^-58.8, 2^-54.6 once rounded.
pub(super) const LOGARITHM: [f64; 8] = [
    0.6666666666666666,
    0.40000000000000885,
    0.2857142857079824,
    0.2222222239281844,
    0.18181795532033798,
    0.15386245132709855,
    0.1326863791089552,
    0.13087949039541202,
];

/// ((2·atanh(s)/s − 2) / s² − 2/3) / s² in s², same range.
/// Largest error 2^-58.9, 2^-55.1 once rounded.
pub(super) const LOGARITHM_TAIL: [f64; 8] = [
    0.4,
    0.28571428571429375,
    0.22222222221651325,
    0.18181818336323224,
    0.1538459487216898,
    0.13334809196998484,
    0.11706125054124523,
    0.11724258985039464,
];

/// 1/(1+f) for 1+f from √½ to √2; a few bits suffice.
/// Largest error 2^-14.2, 2^-14.2 once rounded.
pub(super) const RECIPROCAL: [f64; 6] = [
    1.0000405507429555,
    -0.9994238299247816,
    0.9937915476880579,
    -1.023572483994099,
    1.1564827769147676,
    -0.8873490212378355,
];

/// (sin(r) − r) / r³ in r² on |r| ≤ π/4.
/// Largest error 2^-66.2, 2^-56.6 once rounded.
pub(super) const SINE: [f64; 7] = [
    -0.16666666666666666,
    0.008333333333333331,
    -0.00019841269841265063,
    2.755731921933705e-06,
    -2.5052106231657624e-08,
    1.6058531486610947e-10,
    -7.586688962368822e-13,
];

/// (cos(r) − 1 + r²/2) / r⁴ in r² on |r| ≤ π/4.
/// Largest error 2^-70.4, 2^-58.6 once rounded.
pub(super) const COSINE: [f64; 7] = [
    0.041666666666666664,
    -0.0013888888888888887,
    2.4801587301584645e-05,
    -2.755731922140156e-07,
    2.0876755790613383e-09,
    -1.1470460810000555e-11,
    4.7458671510965933e-14,
];

/// (atan(t) − t) / t³ in t² on |t| ≤ tan(π/8).
/// Largest error 2^-59.7, 2^-55.6 once rounded.
pub(super) const ARCTANGENT: [f64; 12] = [
    -0.3333333333333333,
    0.19999999999999815,
    -0.14285714285662438,
    0.11111111105391772,
    -0.0909090876448134,
    0.07692296672724422,
    -0.06666429917968388,
    0.05878983634168027,
    -0.05230835372195805,
    0.04553243987997063,
    -0.03461097296522942,
    0.016328478949296902,
];

/// (asin(s) − s) / s³ in s² on |s| ≤ ½.
/// Largest error 2^-56.1, 2^-55.6 once rounded.
pub(super) const ARCSINE: [f64; 13] = [
    0.16666666666666669,
    0.0749999999999823,
    0.04464285714674407,
    0.030381944109318305,
    0.022372174075958474,
    0.017352366769476536,
    0.013971589373369451,
    0.011475584880519054,
    0.010345681546595563,
    0.005361390851318462,
    0.01765702734170175,
    -0.015243966992734007,
    0.029020381091738157,
];

/// 1/∛m for m from √½ to √2; 20 bits suffice.
/// Largest error 2^-25.4, 2^-25.4 once rounded.
pub(super) const INVERSE_CUBE_ROOT: [f64; 9] = [
    2.3038966563084604,
    -4.604092265731592,
    9.131295132553479,
    -12.581667712709312,
    11.817477662731546,
    -7.44788412939717,
    3.018428397195121,
    -0.7117417109065638,
    0.07428794867425213,
];

/// ∛2.
pub(super) const CUBE_ROOT_OF_2: f64 = 1.2599210498948732;

/// ∛½.
pub(super) const CUBE_ROOT_OF_HALF: f64 = 0.7937005259840998;

/// erf(x)/x − 1 for x = √½.
pub(super) const ERROR_FUNCTION_MIDDLE: f64 = -0.03453126133013269;

/// (erf(x)/x − 1 − the same for x = √½) / v in v = x² − ½ on |x| ≤ 1, weighted by v.
/// Largest error 2^-56.8, 2^-55.5 once rounded.
pub(super) const ERROR_FUNCTION_NEAR: [f64; 11] = [
    -0.2810721780454342,
    0.07940998675593622,
    -0.018283884489153007,
    0.003480274496585638,
    -0.000561189422113211,
    7.829649673776104e-05,
    -9.614808714739825e-06,
    1.0536329797372505e-06,
    -1.0420357727291147e-07,
    9.431442339589872e-09,
    -7.800292104793057e-10,
];

/// (log₂ erfc(1) − log₂ erfc(1+u)) / u for u from 0 to 4 15/16, weighted by u·erfc(1+u).
/// Largest error 2^-56.4, 2^-56.0 once rounded.
pub(super) const ERROR_FUNCTION_FAR: [f64; 17] = [
    3.8072253458536016,
    1.216346657686556,
    0.05995999002632603,
    -0.01447574993442753,
    0.0028535088742991086,
    -0.0003423774285861871,
    -3.7932101235652194e-05,
    3.923006774712074e-05,
    -1.3940257547430016e-05,
    3.0638223734619184e-06,
    -2.8717910848913834e-07,
    -8.793010429584688e-08,
    4.973410256443223e-08,
    -1.2692800139658378e-08,
    1.972018284174703e-09,
    -1.7916856360416904e-10,
    7.339534679468616e-12,
];

/// erfc(1).
pub(super) const ERROR_FUNCTION_REST: f64 = 0.15729920705028513;

/// erfc(1)·(2^f − 1) / f on |f| ≤ ½, weighted by f.
/// Largest error 2^-60.6, 2^-59.4 once rounded.
pub(super) const ERROR_FUNCTION_POWER: [f64; 11] = [
    0.10903150187122021,
    0.03778743905712644,
    0.00873075228100932,
    0.00151292408193179,
    0.00020973581235844233,
    2.4229631267320336e-05,
    2.3992429426138994e-06,
    2.0787774604196356e-07,
    1.6009986716532515e-08,
    1.1127060693980938e-09,
    7.011391587647296e-11,
];

/// (ln Γ(1+f) / (f·(f−1)) − its value at f = ½) / u for u = f − ½ from −½ to ½.
/// Largest error 2^-63.7, 2^-58.9 once rounded.
pub(super) const GAMMA_QUOTIENT: [f64; 23] = [
    -0.14595989591430608,
    0.06291140107456494,
    -0.03130848750101102,
    0.016797098631185895,
    -0.009425622448465952,
    0.005446457844652396,
    -0.003212074077461573,
    0.0019229161354360055,
    -0.001164414464520423,
    0.0007115223864615104,
    -0.00043799532408412157,
    0.0002712750329353249,
    -0.00016889159320791585,
    0.00010564491831627135,
    -6.633771518820263e-05,
    4.16342565036912e-05,
    -2.625761485664968e-05,
    1.7345436572876494e-05,
    -1.1172898035369859e-05,
    5.1248458263292125e-06,
    -3.008532304086521e-06,
    5.1084196857782965e-06,
    -3.460263915215978e-06,
];

/// x times what ln Γ(x) is above (x−½)·ln x − x + ½·ln 2π, in 1/x² for x from 24 on.
/// Largest error 2^-73.3, 2^-57.6 once rounded.
pub(super) const STIRLING: [f64; 6] = [
    0.08333333333333333,
    -0.0027777777777777744,
    0.0007936507936274983,
    -0.0005952380378827396,
    0.0008416869519993791,
    -0.0018846440019456407,
];

/// First part of ln 2; the first part has 42 bits, so its product with an exponent is exact.
pub(super) const LN_2_HIGH: f64 = 0.6931471805598903;

/// Second part.
pub(super) const LN_2_LOW: f64 = 5.497923018708371e-14;

/// First part of log₁₀ 2; the first part has 42 bits.
pub(super) const LOG10_2_HIGH: f64 = 0.30102999566395283;

/// Second part.
pub(super) const LOG10_2_LOW: f64 = 2.8363394551044964e-14;

/// First part of 1 / ln 2.
pub(super) const LOG2_E_HIGH: f64 = 1.4426950408889634;

/// Second part.
pub(super) const LOG2_E_LOW: f64 = 2.0355273740931033e-17;

/// First part of 1 / ln 10.
pub(super) const LOG10_E_HIGH: f64 = 0.4342944819032518;

/// Second part.
pub(super) const LOG10_E_LOW: f64 = 1.098319650216765e-17;

/// First part of π/2.
pub(super) const HALF_PI_HIGH: f64 = 1.5707963267948966;

/// Second part.
pub(super) const HALF_PI_MIDDLE: f64 = 6.123233995736766e-17;

/// Third part.
pub(super) const HALF_PI_LOW: f64 = -1.4973849048591698e-33;

/// First part of 2/3.
pub(super) const TWO_THIRDS_HIGH: f64 = 0.6666666666666666;

/// Second part.
pub(super) const TWO_THIRDS_LOW: f64 = 3.700743415417188e-17;

/// First part of 180/π.
pub(super) const DEGREE_HIGH: f64 = 57.29577951308232;

/// Second part.
pub(super) const DEGREE_LOW: f64 = -1.9878495670576283e-15;

/// First part of π/180.
pub(super) const RADIAN_HIGH: f64 = 0.017453292519943295;

/// Second part.
pub(super) const RADIAN_LOW: f64 = 2.9486522708701687e-19;

/// First part of −4·ln Γ(3/2).
pub(super) const GAMMA_MIDDLE_HIGH: f64 = 0.4831289505409809;

/// Second part.
pub(super) const GAMMA_MIDDLE_LOW: f64 = 1.6718818997178506e-17;

/// First part of ½·ln 2π.
pub(super) const HALF_LN_TWO_PI_HIGH: f64 = 0.9189385332046728;

/// Second part.
pub(super) const HALF_LN_TWO_PI_LOW: f64 = -3.8782941580672414e-17;

/// First part of ln π.
pub(super) const LN_PI_HIGH: f64 = 1.1447298858494002;

/// Second part.
pub(super) const LN_PI_LOW: f64 = 1.0265951162707826e-17;

/// The first 1280 binary places of 2/π, after 64 zeros, highest first.
pub(super) const TWO_OVER_PI: [u64; 21] = [
    0,
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
];
