"""Tests of an application's firmware on emulated cores: its settings, its build, its budgets."""
