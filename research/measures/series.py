"""Machine-coded events month by month: three measures side by side, never one sum over reports.

A sum over reports follows the volume of news, so the first series counts each act once a day; the second is a share;
the third a mean. Counts and the share of duplicates stand beside them.
"""

import pandas as pd

from research.errors import NoDataError, RequestError
from research.measures.given import require_columns, require_dates

NEEDED = ["event_date", "source", "initiator", "target", "cameo_code", "title", "goldstein", "goldstein_scale",
          "quad_class", "flags"]  # fmt: skip
SHIFTED = "date_shift"


def monthly(events: pd.DataFrame, *, keep_shifted: bool = False) -> pd.DataFrame:
    """One row a month and direction in which the source reports anything.

    In: the `events` table of one source. Out: period (first day), initiator, target, reports (rows), acts (rows after
    the one-a-day filter: same date, initiator, target and code counted once), duplicate_share (0 to 1),
    goldstein_sum (of acts), net_share ((cooperation - conflict) / (cooperation + conflict) of acts, -1 to 1),
    goldstein_mean (of reports, -10 to 10), quad_1 to quad_4 (acts). Events whose date looks misread (flag date_shift)
    are left out unless `keep_shifted`. Missing rule: a month without a row has no report in the files given, which is
    zero only where the files cover it. Raises: RequestError on several sources or scales; NoDataError without an event.
    """
    require_columns(events, NEEDED, "events")
    require_dates(events, "event_date", "events")
    for column in ("source", "goldstein_scale"):
        found = sorted(map(str, events[column].unique()))
        if len(found) > 1:
            raise RequestError(f"events of several {column}s are never spliced: {', '.join(found)}; choose one")
    shifted = events["flags"].fillna("").str.split(";").map(lambda flags: SHIFTED in flags).astype(bool)
    rows = events if keep_shifted else events[~shifted]
    if rows.empty:
        raise NoDataError(
            f"no event for a monthly series: {len(events)} given, {int(shifted.sum())} with a shifted date"
        )
    rows = rows.assign(
        period=rows["event_date"].dt.to_period("M").dt.start_time, kind=rows["cameo_code"].fillna(rows["title"])
    )
    acts = rows.drop_duplicates(["event_date", "initiator", "target", "kind"])
    by = ["period", "initiator", "target"]
    series = rows.groupby(by).agg(reports=("goldstein", "size"), goldstein_mean=("goldstein", "mean"))
    series["acts"] = acts.groupby(by).size()
    series["goldstein_sum"] = acts.groupby(by)["goldstein"].sum()
    for quad in (1, 2, 3, 4):
        series[f"quad_{quad}"] = (acts["quad_class"] == quad).groupby([acts[name] for name in by]).sum().astype(int)
    series["duplicate_share"] = 1 - series["acts"] / series["reports"]
    cooperation, conflict = series["quad_1"] + series["quad_2"], series["quad_3"] + series["quad_4"]
    series["net_share"] = (cooperation - conflict) / (cooperation + conflict)
    columns = [*by, "reports", "acts", "duplicate_share", "goldstein_sum", "net_share", "goldstein_mean",
               "quad_1", "quad_2", "quad_3", "quad_4"]  # fmt: skip
    return series.reset_index()[columns]
