"""Fails unless "sam build" gets the parameter_overrides of "sam deploy", in every environment of samconfig.toml.

    overrides.py FOLDER

A parameter such as Architecture decides what is built and what is deployed. Given to one of them alone, it makes a function of
another processor than its binary, which fails when it is first invoked.
"""

import sys

from samcli.lib.config.samconfig import SamConfig


def overrides(config, command, environment):
    try:
        return config.get_all([command], "parameters", environment).get("parameter_overrides", [])
    except KeyError:
        return []


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    settings = SamConfig(sys.argv[1])
    for name in settings.get_stage_configuration_names():
        build, deploy = (overrides(settings, command, name) for command in ("build", "deploy"))
        if build != deploy:
            sys.exit(
                f"samconfig.toml: {name}: sam build gets the parameter_overrides {build} and sam deploy {deploy}: "
                f"write them once, under [{name}.global.parameters]"
            )
