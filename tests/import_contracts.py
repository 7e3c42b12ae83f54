"""A contract for import-linter: what is private to an app stays inside it."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateLayers(Contract):
    """Modules named after a private layer (``fieldwork.views.calls``) are imported by their own app alone.

    ``config`` may import everything, because its urls name every view. Written here because the contracts
    of import-linter want each module named, and most layers begin to exist later than this rule.
    """

    layers = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        private = {module for module in graph.modules if self._layer(module) in self.layers}
        broken = [
            f"{importer} imports {module}"
            for module in sorted(private)
            for importer in sorted(graph.find_modules_that_directly_import(module))
            if self._app(importer) not in {self._app(module), "config"}
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(line, bold=False)

    @staticmethod
    def _app(module: str) -> str:
        return module.split(".")[0]

    @staticmethod
    def _layer(module: str) -> str:
        return [*module.split("."), ""][1]
