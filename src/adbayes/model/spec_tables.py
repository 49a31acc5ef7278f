"""The tables of a spec file, typed: what each key is and what it may hold.

The words of `models/README.md`; pydantic judges types and unknown keys, `adbayes.model.spec` the rest.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
EstimandName = Literal[
    "mean",
    "mean_change",
    "mean_difference",
    "ratio_of_means",
    "predictive_sd",
    "share_mcid",
    "share_floor",
    "share_ceiling",
    "share_above",
    "geometric_mean_ratio",
    "icc",
    "correlation",
    "partial_correlation",
    "odds_ratio",
    "risk_difference",
    "risk_ratio",
    "mean_percent_change",
    "percent_change_sd",
    "mean_score",
    "score_sd",
    "share_mild",
    "response",
    "fraction_ratio",
]


class Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DataTable(Table):
    """`[data]`: which rows and columns, and what happens to missing values."""

    outcome: Text
    visit: int | None = None
    where: Text | None = None
    missing: Literal["error", "drop", "model", "failure"] = "error"
    log2: tuple[Text, ...] = ()
    standardize: dict[str, tuple[float, float]] = Field(default_factory=dict)
    for_each: dict[Literal["x"], tuple[Text, ...]] | None = None
    stack: tuple[Text, ...] = ()

    @field_validator("log2", "stack", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("stack")
    @classmethod
    def _several(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and (len(value) < 2 or len(set(value)) < len(value)):
            raise ValueError(f"two or more different columns are needed, found {', '.join(value)}")
        return value

    @field_validator("standardize", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        """Read `[centre, scale]`, as TOML writes a pair."""
        if isinstance(value, dict):
            return {
                key: tuple(float(v) if isinstance(v, int) else v for v in pair)
                if isinstance(pair, list)
                else pair
                for key, pair in value.items()
            }
        return value

    @field_validator("standardize")
    @classmethod
    def _positive(cls, value: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        for column, (_, scale) in value.items():
            if not scale > 0:
                raise ValueError(f"the scale of {column!r} must be above 0, found {scale:g}")
        return value

    @field_validator("for_each", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: tuple(v) if isinstance(v, list) else v for k, v in value.items()}
        return value


class BambiTable(Table):
    """`[model]` of kind `bambi`."""

    kind: Literal["bambi"] = "bambi"
    formula: Text | dict[str, Text]
    family: Text
    link: Text | None = None


class MmrmTable(Table):
    """`[model]` of kind `mmrm`: repeated measures with a covariance of visits."""

    kind: Literal["mmrm"] = "mmrm"
    formula: Text
    unit: Text
    time: Text
    covariance: Literal["unstructured", "compound_symmetry"] = "unstructured"


class JointScoresTable(Table):
    """`[model]` of kind `joint_scores`: several scores with correlated patient effects."""

    kind: Literal["joint_scores"] = "joint_scores"
    formula: Text
    unit: Text
    time: Text
    residuals: Literal["common", "by_time"] = "common"


class GaussianCopulaTable(Table):
    """`[model]` of kind `gaussian_copula`: correlations of scores behind free margins."""

    kind: Literal["gaussian_copula"] = "gaussian_copula"
    unit: Text


class ImputedLogisticTable(Table):
    """`[model]` of kind `imputed_logistic`."""

    kind: Literal["imputed_logistic"] = "imputed_logistic"
    formula: Text
    impute: tuple[Text, ...] = Field(min_length=1)

    @field_validator("impute", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


class VariantDataTable(Table):
    """`[variants.NAME.data]`: other rows; states only what differs from `[data]`."""

    where: Text | None = None
    missing: Literal["error", "drop", "failure"] | None = None


class McidTable(Table):
    """`mcid`: how large a fall of one patient's score matters, and who says so."""

    value: float = Field(gt=0)
    source: Text

    @field_validator("value", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class EstimandsTable(Table):
    """`[estimands]`: the clinical quantities to report."""

    report: tuple[EstimandName, ...] = ()
    by: Text = "visit"
    baseline: int | float | str | None = None
    terms: tuple[Text, ...] = ()
    mcid: McidTable | None = None
    at: dict[Text, tuple[float, ...]] = Field(default_factory=dict)

    @field_validator("at", mode="before")
    @classmethod
    def _values(cls, value: Any) -> Any:
        """Read `{ column = [values] }`, as TOML writes it."""
        if not isinstance(value, dict):
            return value
        return {
            key: tuple(
                float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in one
            )
            if isinstance(one, list)
            else one
            for key, one in value.items()
        }

    @field_validator("report", "terms", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


class VariantTable(Table):
    """`[variants.NAME]`: the same question under another likelihood, or of other patients."""

    title: Text | None = None
    departs: Text | None = None
    differs: Text | None = None
    published: tuple[Text, ...] | None = None
    data: VariantDataTable = Field(default_factory=VariantDataTable)
    model: dict[str, Any] = Field(default_factory=dict)  # judged by its kind, laid over the spec's
    priors: dict[str, Any] = Field(default_factory=dict)
    estimands: dict[str, Any] = Field(default_factory=dict)  # laid over the spec's

    @field_validator("published", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value


class SamplerTable(Table):
    """`[sampler]`: how it is sampled and how intervals are taken."""

    draws: int = Field(default=1000, ge=100, le=100_000)
    tune: int = Field(default=1000, ge=100, le=100_000)
    chains: int = Field(default=4, ge=2, le=64)
    target_accept: float = Field(default=0.9, gt=0.5, lt=1)
    seed: int = Field(default=20211, ge=0, lt=2**32)
    ci_prob: float = Field(default=0.95, gt=0, lt=1)
    ci_kind: Literal["eti"] = "eti"


class SpecTable(Table):
    """A whole file."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
    title: Text
    published: tuple[Text, ...] = ()
    departs: str = ""
    differs: str = ""
    data: DataTable
    model: dict[str, Any]  # judged by its kind: `adbayes.model.kinds`
    variants: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")], VariantTable
    ] = Field(default_factory=dict)
    priors: dict[str, Any]
    estimands: EstimandsTable = Field(default_factory=EstimandsTable)
    sampler: SamplerTable = Field(default_factory=SamplerTable)

    @field_validator("published", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("variants")
    @classmethod
    def _named(cls, value: dict[str, VariantTable]) -> dict[str, VariantTable]:
        if "base" in value:
            raise ValueError("'base' is the name of the unnamed variant; choose another")
        return value
