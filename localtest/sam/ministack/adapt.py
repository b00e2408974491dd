"""Prints a SAM template as MiniStack can take it: adapt.py TEMPLATE > adapted.yaml

What is changed, and why, is in differences.txt, and nowhere else. A line there that matches nothing in the template is an error, so
that the list does not outlive what it is about.
"""

import os
import sys

from samcli.yamlhelper import parse_yaml_file, yaml_dump


def leave_out(resources, type_):
    for name in [name for name, r in resources.items() if r["Type"] == type_]:
        del resources[name]


def write_out(resources, type_):
    """Turns functions' events of an HTTP API into integrations and routes; the events of other APIs stay."""
    apis = {name for name, r in resources.items() if r["Type"] == type_}
    functions = {n: r["Properties"] for n, r in resources.items() if r["Type"] == "AWS::Serverless::Function"}
    for function, properties in functions.items():
        for event, route in list(properties.get("Events", {}).items()):
            api = route["Properties"].get("ApiId", {})
            if route["Type"] != "HttpApi" or api.get("Ref") not in apis:
                continue
            del properties["Events"][event]
            name = function + event
            resources[name + "Integration"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": api,
                    "IntegrationType": "AWS_PROXY",
                    "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
                    "PayloadFormatVersion": "2.0",
                },
            }
            resources[name + "Route"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": api,
                    "RouteKey": route["Properties"]["Method"] + " " + route["Properties"]["Path"],
                    "Target": {"Fn::Sub": "integrations/${" + name + "Integration}"},
                },
            }


def pin_id(resources, api):
    if api in resources:
        resources[api]["Properties"].setdefault("Tags", {})["ms-custom-id"] = api.lower()


CHANGES = {"leave-out": leave_out, "write-out": write_out, "pin-id": pin_id}


def adapt(template, lines):
    for number, line in enumerate(lines, 1):
        word, what = (line.split(maxsplit=2) + ["", ""])[:2]
        if word in CHANGES:
            before = yaml_dump(template)
            CHANGES[word](template["Resources"], what)
            if yaml_dump(template) == before:
                sys.exit(f"differences.txt:{number}: nothing in the template matches {word} {what}")
        elif word not in ("", "skip") and not word.startswith("#"):
            sys.exit(f"differences.txt:{number}: unknown word {word}")
    return template


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(os.path.join(os.path.dirname(__file__), "differences.txt")) as differences:
        sys.stdout.write(yaml_dump(adapt(parse_yaml_file(sys.argv[1]), differences)))
