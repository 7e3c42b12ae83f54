"""What is delivered: releases of the data and their files."""

from .releases import Release, ReleaseFile

__all__ = ["Release", "ReleaseFile"]
