"""The methods that a recipe can name: one settings class each, which builds PEFT's configuration."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.models.bottleneck_files import NonLinearity, Placement

if TYPE_CHECKING:
    from peft import PeftConfig

#: PEFT's word for every linear layer but the output layer: attention and MLP, which every engine can serve.
ALL_LINEAR = "all-linear"


class TrainingMethod(BaseModel):
    """What all methods have in common.

    Attributes:
        summary: What it trains, in one line.
        usual_rate: Learning rate where the recipe names none. Few trained numbers need a high one.
        quantizes_base: The base is loaded in 4 bit.
        moves_base: The starting weights are taken out of the base's own, which must be put back when saving.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    summary: ClassVar[str]
    usual_rate: ClassVar[float] = 2e-4
    quantizes_base: ClassVar[bool] = False

    @property
    def moves_base(self) -> bool:
        return False

    @property
    def context_taken(self) -> int:
        """Positions of the base's context that the method keeps for itself."""
        return 0

    @property
    def begins_afresh(self) -> str:
        """Why a training cannot begin with the weights of an adapter; empty where it can."""
        return ""


class PeftMethod(TrainingMethod):
    """A method of PEFT's, which leaves the base as it is and makes an adapter."""

    @abstractmethod
    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        """PEFT's configuration of this method.

        Args:
            steps: Optimiser steps of the training.
            accumulation: Batches whose gradients make one step.

        Raises:
            ValueError: the method cannot be trained like that.
        """


class _LowRank(PeftMethod):
    r: int = Field(16, gt=0, le=512, description="rank of the update")
    alpha: int = Field(32, gt=0, description="the update is scaled by alpha/r")
    dropout: float = Field(0.0, ge=0, lt=1, description="on the input of the update, while training")
    target_modules: str | list[str] = Field(ALL_LINEAR, description="names, a regular expression, or all-linear")
    rslora: bool = Field(False, description="scale by alpha/sqrt(r) instead (Kalajdzievski 2023)")

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        return self._lora_config()

    def _lora_config(self, **more: Any) -> "PeftConfig":
        from peft import LoraConfig

        return LoraConfig(
            task_type="CAUSAL_LM",
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=self.target_modules,
            use_rslora=self.rslora,
            **more,
        )


class Lora(_LowRank):
    """LoRA (Hu et al. 2021): a trained update of low rank beside each frozen weight.

    PiSSA (Meng et al. 2024) starts the update from the largest singular vectors of the weight, OLoRA (Büyükakyüz 2024)
    from its QR decomposition. Both are saved as a plain LoRA of twice the rank, which fits the untouched base.
    """

    summary: ClassVar[str] = "an update of low rank beside each weight"
    kind: Literal["lora"] = "lora"
    init: Literal["default", "pissa", "olora"] = Field(
        "default", description="start from zero, or from the weight's singular vectors (pissa) or QR (olora)"
    )

    @property
    def moves_base(self) -> bool:
        return self.init != "default"

    @property
    def begins_afresh(self) -> str:
        if not self.moves_base:
            return ""
        return f"{self.init} is itself a start, saved as a plain LoRA of twice the rank: use kind: lora with that r"

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        return self._lora_config(init_lora_weights=True if self.init == "default" else self.init)


class Dora(_LowRank):
    """DoRA (Liu et al. 2024): LoRA on the direction of each weight, its magnitude trained apart."""

    summary: ClassVar[str] = "LoRA, and the magnitude of each weight apart"
    kind: Literal["dora"] = "dora"

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        return self._lora_config(use_dora=True)


class Qlora(_LowRank):
    """QLoRA (Dettmers et al. 2023): LoRA over a frozen base in 4 bit (NF4, double quantisation; bitsandbytes)."""

    summary: ClassVar[str] = "LoRA over a base in 4 bit"
    quantizes_base: ClassVar[bool] = True
    kind: Literal["qlora"] = "qlora"


class AdaLora(PeftMethod):
    """AdaLoRA (Zhang et al. 2023): LoRA as singular values and vectors; ranks go where they matter most.

    Every weight starts with ``init_r``; the least important singular values are dropped until ``target_r`` remain on
    average. The training loss holds the penalty that keeps the vectors orthogonal; the held-out loss does not.
    """

    summary: ClassVar[str] = "LoRA whose ranks move to the weights that need them"
    usual_rate: ClassVar[float] = 1e-3
    kind: Literal["adalora"] = "adalora"
    init_r: int = Field(12, gt=1, le=512, description="rank of each weight at the start")
    target_r: int = Field(8, gt=0, description="average rank at the end; less than init_r")
    alpha: int = Field(32, gt=0, description="the update is scaled by alpha/init_r")
    dropout: float = Field(0.0, ge=0, lt=1, description="on the input of the update, while training")
    target_modules: str | list[str] = Field(ALL_LINEAR, description="names, a regular expression, or all-linear")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps before ranks begin to fall")
    settle: float = Field(0.3, gt=0, lt=1, description="share of the steps after ranks are final")
    every: int = Field(1, gt=0, description="steps between two changes of the ranks")
    orthogonality: float = Field(0.5, ge=0, description="weight of the penalty in the loss")

    @model_validator(mode="after")
    def _ranks_fall(self) -> "AdaLora":
        if self.target_r >= self.init_r:
            raise ValueError("target_r must be less than init_r")
        if self.warmup + self.settle >= 1:
            raise ValueError("warmup and settle leave no step in which ranks could fall")
        return self

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        from peft import AdaLoraConfig

        before, after = int(self.warmup * steps), max(1, int(self.settle * steps))
        if before + after >= steps:
            raise ValueError(f"of {steps} steps none is left in which ranks could fall: train longer")
        return AdaLoraConfig(
            task_type="CAUSAL_LM",
            init_r=self.init_r,
            target_r=self.target_r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=self.target_modules,
            tinit=before,
            tfinal=after,
            deltaT=self.every,
            total_step=steps,
            # PEFT adds the penalty to the loss of each batch; the losses of one step's batches are summed.
            orth_reg_weight=self.orthogonality / accumulation,
        )


class Ia3(PeftMethod):
    """IA3 (Liu et al. 2022): a trained factor for each key, value and hidden unit. PEFT chooses where by model type."""

    summary: ClassVar[str] = "a factor for each key, value and hidden unit"
    usual_rate: ClassVar[float] = 3e-3
    kind: Literal["ia3"] = "ia3"
    target_modules: list[str] | None = Field(None, description="module names; PEFT's choice if left out")
    feedforward_modules: list[str] | None = Field(None, description="those of the targets whose input is scaled")

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        from peft import IA3Config

        return IA3Config(
            task_type="CAUSAL_LM", target_modules=self.target_modules, feedforward_modules=self.feedforward_modules
        )


class _VirtualTokens(PeftMethod):
    usual_rate: ClassVar[float] = 1e-2
    virtual_tokens: int = Field(20, gt=0, le=4096, description="trained positions; the context shrinks by as many")

    @property
    def context_taken(self) -> int:
        return self.virtual_tokens


class PromptTuning(_VirtualTokens):
    """Prompt tuning (Lester et al. 2021): trained embeddings before each prompt."""

    summary: ClassVar[str] = "embeddings of virtual tokens before each prompt"
    kind: Literal["prompt_tuning"] = "prompt_tuning"
    init: Literal["vocabulary", "random"] = Field("vocabulary", description="start from real tokens, or from noise")

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        from peft import PromptTuningConfig

        return PromptTuningConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.virtual_tokens,
            prompt_tuning_init="SAMPLE_VOCAB" if self.init == "vocabulary" else "RANDOM",
        )


class PTuning(_VirtualTokens):
    """P-tuning (Liu et al. 2021): as prompt tuning, the embeddings being the output of a small trained network.

    Only the embeddings are saved: the network is not needed to use them.
    """

    summary: ClassVar[str] = "a network that makes embeddings of virtual tokens"
    usual_rate: ClassVar[float] = 3e-3
    kind: Literal["p_tuning"] = "p_tuning"
    hidden_size: Annotated[int, Field(gt=0, le=65536)] | None = Field(
        None, description="width of the network; that of the base if left out"
    )

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        from peft import PromptEncoderConfig

        return PromptEncoderConfig(
            task_type="CAUSAL_LM",
            num_virtual_tokens=self.virtual_tokens,
            # PEFT puts the base's width where None stands.
            encoder_hidden_size=self.hidden_size,  # type: ignore[arg-type]
        )


class PrefixTuning(_VirtualTokens):
    """Prefix tuning (Li and Liang 2021) as P-tuning v2 has it: trained keys and values before each layer's own."""

    summary: ClassVar[str] = "keys and values before each layer's own"
    kind: Literal["prefix_tuning"] = "prefix_tuning"

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        from peft import PrefixTuningConfig

        return PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=self.virtual_tokens)


class Bottleneck(PeftMethod):
    """Bottleneck adapters (Houlsby et al. 2019): small layers of their own after the sub-layers of a frozen decoder.

    Pfeiffer et al. (2021) found those after the feed-forward part to be enough. A method of this house, on PEFT's
    ground (`harness.models.bottleneck`): the transformers engine alone runs it, and nothing of it can be merged.
    """

    summary: ClassVar[str] = "small layers after attention and feed-forward part"
    usual_rate: ClassVar[float] = 1e-3
    kind: Literal["bottleneck"] = "bottleneck"
    placement: Placement = Field(
        "houlsby", description="after attention and feed-forward part, or (pfeiffer) after the feed-forward part alone"
    )
    bottleneck_size: Annotated[int, Field(gt=0, le=65536)] | None = Field(
        None, description="width of the bottleneck, instead of reduction_factor"
    )
    reduction_factor: Annotated[float, Field(ge=1)] | None = Field(
        None, description="the base's hidden size over the width of the bottleneck; 16 if both are left out"
    )
    non_linearity: NonLinearity = Field("gelu", description="between the way down and the way up")
    dropout: float = Field(0.0, ge=0, lt=1, description="on the output of the bottleneck, while training")

    @model_validator(mode="after")
    def _one_width(self) -> "Bottleneck":
        if self.bottleneck_size is not None and self.reduction_factor is not None:
            raise ValueError("bottleneck_size and reduction_factor both say how wide it is: give one of them")
        return self

    def config(self, *, steps: int, accumulation: int) -> "PeftConfig":
        from harness.models.bottleneck import BottleneckConfig, register_bottleneck

        register_bottleneck()
        return BottleneckConfig(
            task_type="CAUSAL_LM",
            placement=self.placement,
            bottleneck_size=self.bottleneck_size,
            reduction_factor=self.reduction_factor or 16.0,
            non_linearity=self.non_linearity,
            dropout=self.dropout,
        )


class Full(TrainingMethod):
    """Full fine-tuning: every weight. The result is no adapter but a whole model: a new base, in the base's format."""

    summary: ClassVar[str] = "every weight of the base"
    usual_rate: ClassVar[float] = 2e-5
    kind: Literal["full"] = "full"

    @property
    def begins_afresh(self) -> str:
        return "full goes on from a whole model: name its folder as base"


#: The ``method:`` section, told apart by ``kind``. A further method is one class above and its name here.
Method = Annotated[
    Lora | Dora | Qlora | AdaLora | Ia3 | PromptTuning | PTuning | PrefixTuning | Bottleneck | Full,
    Field(discriminator="kind"),
]
