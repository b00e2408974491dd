"""Prints the CloudFormation template that SAM's transform makes of a SAM template, as JSON.

    transform.py TEMPLATE [NAME=VALUE ...] > transformed.json

cfn-lint and "sam validate" judge a SAM template with the resources that the transform will make left half open, so a circle of
references, or a reference to a resource that the transform does not make, passes both. In the transform's output every resource is
there, and cfn-lint finds both. Needs no AWS account: no managed policy is looked up, and code stays where it is.
"""

import json
import sys

import boto3
from samcli.yamlhelper import parse_yaml_file
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def transform(template, parameters):
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # The transform runs after packaging, so it wants an address in S3.
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    # The names of partitions and endpoints depend on the region, so it wants one; which one does not matter here.
    session = boto3.Session(region_name="us-east-1")
    return Translator({}, Parser(), boto_session=session).translate(template, parameters)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        result = transform(parse_yaml_file(sys.argv[1]), dict(p.split("=", 1) for p in sys.argv[2:]))
    except InvalidDocumentException as e:
        sys.exit("\n".join([str(e)] + [str(cause) for cause in e.causes]))
    json.dump(result, sys.stdout, indent=1)
