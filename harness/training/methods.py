"""The PEFT methods that a recipe can name: one settings class each, which builds PEFT's configuration."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from peft import PeftConfig

#: PEFT's word for every linear layer but the output layer: attention and MLP, which every engine can serve.
ALL_LINEAR = "all-linear"


class Lora(BaseModel):
    """LoRA (Hu et al. 2021): a trained update of low rank beside each frozen weight.

    ``rslora`` scales it by alpha/sqrt(r) instead of alpha/r (Kalajdzievski 2023).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    quantizes_base: ClassVar[bool] = False

    kind: Literal["lora"] = "lora"
    r: int = Field(16, gt=0, le=512)
    alpha: int = Field(32, gt=0)
    dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: str | list[str] = Field(ALL_LINEAR, description="names, a regular expression, or all-linear")
    rslora: bool = False

    def config(self) -> "PeftConfig":
        """PEFT's configuration of this method."""
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


class Dora(Lora):
    """DoRA (Liu et al. 2024): LoRA on the direction of each weight, its magnitude trained apart."""

    kind: Literal["dora"] = "dora"  # type: ignore[assignment]

    def config(self) -> "PeftConfig":
        return self._lora_config(use_dora=True)


class Qlora(Lora):
    """QLoRA (Dettmers et al. 2023): LoRA over a frozen base in 4 bit (NF4, double quantisation; bitsandbytes)."""

    quantizes_base: ClassVar[bool] = True
    kind: Literal["qlora"] = "qlora"  # type: ignore[assignment]


class Ia3(BaseModel):
    """IA3 (Liu et al. 2022): a trained factor for each key, value and hidden unit. PEFT chooses where by model type."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    quantizes_base: ClassVar[bool] = False

    kind: Literal["ia3"] = "ia3"
    target_modules: list[str] | None = None
    feedforward_modules: list[str] | None = Field(None, description="those of the targets whose input is scaled")

    def config(self) -> "PeftConfig":
        """PEFT's configuration of this method."""
        from peft import IA3Config

        return IA3Config(
            task_type="CAUSAL_LM", target_modules=self.target_modules, feedforward_modules=self.feedforward_modules
        )


#: The ``method:`` section, told apart by ``kind``. A further method is one class above and its name here.
Method = Annotated[Lora | Dora | Qlora | Ia3, Field(discriminator="kind")]
