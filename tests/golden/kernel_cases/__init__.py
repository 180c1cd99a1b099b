"""Small cases of the kernels, by what they are called on; each case's answer is looked at whole."""

from kernel_cases import change, charts, claims, common, delays, forecast, pairs, recurrence, space

ROOMS = {
    "common": common, "charts": charts, "recurrence": recurrence, "forecast": forecast, "delays": delays,
    "claims": claims, "pairs": pairs, "change": change, "space": space,
}  # fmt: skip
