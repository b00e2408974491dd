package template

// What the local stack does with a property of a template, in two lists. A property is found by its resource type and
// its path: "*" stands for any one name, items of a list have the path of the list. To take one up, add a line; for one
// that is emulated, write what emulates it too.
//
//  1. emulated: the stack acts on it.
//  2. withoutEffect: the stack takes it, with all that is below it, and does nothing.
//  3. All else is refused by Load, by line.
//
// Values that are emulated in part (one billing mode, one form of a selection expression) are refused by the function
// that reads them, the same way.

// Names for what has properties and is no resource type.
const (
	sectionsOf          = "the template"
	parameterAttributes = "a parameter"
	outputAttributes    = "an output"
	resourceAttributes  = "a resource"
	httpEvent           = "an event of type HttpApi"
	streamEvent         = "an event of type DynamoDB"
	queueEvent          = "an event of type SQS"
)

// emulated is the first list.
func emulated() map[string][]string {
	return map[string][]string{
		sectionsOf:          {"Conditions", "Globals.Function", "Parameters", "Resources", "Transform"},
		parameterAttributes: {"AllowedPattern", "AllowedValues", "Default", "MaxLength", "MaxValue", "MinLength", "MinValue", "Type"},
		resourceAttributes:  {"Condition", "DependsOn", "Metadata.BuildMethod", "Properties", "Type"},
		outputAttributes:    {"Condition"},
		typeFunction: {
			"Architectures",
			"CodeUri",
			"Environment.Variables.*",
			"Events.*.Properties", // see the events below
			"Events.*.Type",
			"FunctionName",
			"Handler",
			"LoggingConfig.LogGroup",
			"MemorySize",
			"ReservedConcurrentExecutions",
			"Role",
			"Runtime",
			"Timeout",
		},
		httpEvent: {
			"ApiId",
			"Method",
			"Path",
			"PayloadFormatVersion",
			"TimeoutInMillis",
		},
		streamEvent: {
			"BatchSize",
			"BisectBatchOnFunctionError",
			"DestinationConfig.OnFailure.Destination",
			"DestinationConfig.OnFailure.Type",
			"FilterCriteria.Filters.Pattern",
			"FunctionResponseTypes",
			"MaximumBatchingWindowInSeconds",
			"MaximumRecordAgeInSeconds",
			"MaximumRetryAttempts",
			"ParallelizationFactor",
			"StartingPosition",
			"Stream",
		},
		queueEvent: {
			"BatchSize",
			"Enabled",
			"FunctionResponseTypes",
			"MaximumBatchingWindowInSeconds",
			"Queue",
			"ScalingConfig.MaximumConcurrency",
		},
		typeWebSocketAPI: {
			"DefaultRouteSettings.ThrottlingBurstLimit",
			"DefaultRouteSettings.ThrottlingRateLimit",
			"RouteSelectionExpression",
			"RouteSettings.*.ThrottlingBurstLimit",
			"RouteSettings.*.ThrottlingRateLimit",
			"Routes.*.FunctionArn",
			"Routes.*.IntegrationTimeout",
			"Routes.*.RouteResponseSelectionExpression",
			"StageName",
		},
		typeRouteResponse: {
			"ApiId",
			"RouteId",
			"RouteResponseKey",
		},
		typeHTTPAPI: {
			"DefaultRouteSettings.ThrottlingBurstLimit",
			"DefaultRouteSettings.ThrottlingRateLimit",
			"RouteSettings.*.ThrottlingBurstLimit",
			"RouteSettings.*.ThrottlingRateLimit",
			"StageName",
		},
		typeTable: {
			"AttributeDefinitions.AttributeName",
			"AttributeDefinitions.AttributeType",
			"BillingMode",
			"GlobalSecondaryIndexes.IndexName",
			"GlobalSecondaryIndexes.KeySchema.AttributeName",
			"GlobalSecondaryIndexes.KeySchema.KeyType",
			"GlobalSecondaryIndexes.Projection.NonKeyAttributes",
			"GlobalSecondaryIndexes.Projection.ProjectionType",
			"KeySchema.AttributeName",
			"KeySchema.KeyType",
			"StreamSpecification.StreamViewType",
			"TimeToLiveSpecification.AttributeName",
			"TimeToLiveSpecification.Enabled",
		},
		typeQueue: {
			"DelaySeconds",
			"MaximumMessageSize",
			"MessageRetentionPeriod",
			"QueueName",
			"RedriveAllowPolicy.redrivePermission",
			"RedriveAllowPolicy.sourceQueueArns",
			"RedrivePolicy.deadLetterTargetArn",
			"RedrivePolicy.maxReceiveCount",
			"VisibilityTimeout",
		},
		typeRole: {
			"AssumeRolePolicyDocument.Statement.Action",
			"AssumeRolePolicyDocument.Statement.Effect",
			"AssumeRolePolicyDocument.Statement.Principal.Service",
			"AssumeRolePolicyDocument.Version",
			"Policies.PolicyDocument.Statement.Action",
			"Policies.PolicyDocument.Statement.Effect",
			"Policies.PolicyDocument.Statement.NotAction",
			"Policies.PolicyDocument.Statement.NotResource",
			"Policies.PolicyDocument.Statement.Resource",
			"Policies.PolicyDocument.Version",
			"Policies.PolicyName",
		},
		typeSecret: {
			"GenerateSecretString.ExcludeCharacters",
			"GenerateSecretString.ExcludeLowercase",
			"GenerateSecretString.ExcludeNumbers",
			"GenerateSecretString.ExcludePunctuation",
			"GenerateSecretString.ExcludeUppercase",
			"GenerateSecretString.IncludeSpace",
			"GenerateSecretString.PasswordLength",
			"GenerateSecretString.RequireEachIncludedType",
		},
	}
}

// withoutEffect is the second list. "*" takes a type with all its properties.
func withoutEffect() map[string][]string {
	return map[string][]string{
		sectionsOf:          {"AWSTemplateFormatVersion", "Description", "Metadata", "Outputs"},
		parameterAttributes: {"ConstraintDescription", "Description", "NoEcho"},
		resourceAttributes:  {"DeletionPolicy", "UpdateReplacePolicy"},
		outputAttributes:    {"Description", "Export", "Value"},

		"AWS::CloudWatch::Alarm":  {"*"}, // nothing watches the local metrics
		"AWS::Logs::LogGroup":     {"*"}, // functions log to files
		"AWS::Logs::MetricFilter": {"*"}, // nothing counts words in these files

		typeFunction: {
			"Description",
			"LoggingConfig.ApplicationLogLevel", // functions log to files, all of it
			"LoggingConfig.LogFormat",
			"LoggingConfig.SystemLogLevel",
			"Policies", // of the role that the transform makes; only written-out roles are judged
			"Tags",
		},
		typeWebSocketAPI: {
			"Description",
			"Name",
			"Routes.*.OperationName",
			"Tags",
		},
		typeHTTPAPI: {
			"Description",
			"Name",
			"Tags",
		},
		typeTable: {
			"DeletionProtectionEnabled",
			"PointInTimeRecoverySpecification", // the data is a folder; copy it
			"SSESpecification",
			"Tags",
		},
		typeQueue: {
			"KmsMasterKeyId",
			"SqsManagedSseEnabled", // messages are files of the developer's own
			"Tags",
		},
		typeRole: {
			"AssumeRolePolicyDocument.Statement.Sid",
			"Description",
			"Policies.PolicyDocument.Statement.Sid",
			"Tags",
		},
		typeSecret: {
			"Description",
			"KmsKeyId", // values are files that only the developer may read
			"Tags",
		},
	}
}
