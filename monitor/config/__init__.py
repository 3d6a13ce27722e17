"""The configuration: what it may say, how it is loaded, and what is wrong with it."""

from monitor.config.budget import BudgetConfig
from monitor.config.errors import ConfigError
from monitor.config.json_schema import json_schema
from monitor.config.load import load
from monitor.config.model import ModelConfig
from monitor.config.records import RecordsConfig
from monitor.config.settings import LogConfig, QuarantineConfig, Settings
from monitor.config.source import FilesConfig, KafkaConfig, SecurityConfig, SourceConfig
from monitor.config.windows import Window

__all__ = [
    "BudgetConfig",
    "ConfigError",
    "FilesConfig",
    "KafkaConfig",
    "LogConfig",
    "ModelConfig",
    "QuarantineConfig",
    "RecordsConfig",
    "SecurityConfig",
    "Settings",
    "SourceConfig",
    "Window",
    "json_schema",
    "load",
]
