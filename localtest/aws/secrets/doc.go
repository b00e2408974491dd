// Package secrets is a small AWS Secrets Manager: secrets whose values are generated, and GetSecretValue over HTTP. All
// other operations are refused, by name.
//
// A value is generated when a secret is opened for the first time. It is kept in a file that only its owner may read,
// so that it is the same after a restart. Values are never logged.
//
// # What AWS says, and which test shows it
//
// Sources: API is the AWS Secrets Manager API Reference, UG the User Guide, CFN the CloudFormation Template Reference.
// "Reported" has several users for it.
//
//   - A password has 1 to 4,096 characters, 32 by default: letters, digits and 32 punctuation characters, a space if it
//     is asked for, and at least one of each kind unless that is switched off (API, GetRandomPassword; CFN,
//     GenerateSecretString): TestPasswordsAreAsAskedFor.
//   - A change inside GenerateSecretString makes a new value. The old one keeps the stage AWSPREVIOUS (reported:
//     aws-cloudformation/cloudformation-coverage-roadmap issues 1161 and 2210):
//     TestAChangeOfTheTemplateMakesANewValue.
//   - SecretId is an ARN or a name, or an ARN without its hyphen and six random characters. An ARN whose name ends in a
//     hyphen and six characters is taken for a whole one (API, GetSecretValue; UG, "Troubleshoot AWS Secrets Manager"):
//     TestSecretsAreFound.
//   - Without VersionId and VersionStage the value is that of AWSCURRENT; both must name the same version (API,
//     GetSecretValue; the texts of errors are reported): TestErrorsAreSentAsAWSDoes.
//   - AWS JSON 1.1 with X-Amz-Target: secretsmanager.OPERATION; errors have __type and Message, and the status 400
//     (reported): TestErrorsAreSentAsAWSDoes.
//
// # What is different from AWS
//
//   - Signatures are not verified. There are no binary values, rotation, replicas, resource policies nor deletion.
//   - The six characters at the end of an ARN are the template's to give, and do not change.
//   - What a request lacks, or has too much, is told in words of our own.
package secrets
