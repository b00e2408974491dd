package template

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// withQueues is a template with a queue that a function takes its work from. Each row below changes one part of it.
const withQueues = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Name: {Type: String, Default: jobs}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub ${AWS::StackName}-${Name}
      VisibilityTimeout: 60
      DelaySeconds: 1
      MessageRetentionPeriod: 3600
      MaximumMessageSize: 2048
      SqsManagedSseEnabled: true
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Letters.Arn
        maxReceiveCount: 5
  Letters:
    Type: AWS::SQS::Queue
    Properties:
      RedriveAllowPolicy:
        redrivePermission: byQueue
        sourceQueueArns: [!Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-${Name}"]
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: fn
      Handler: bootstrap
      Runtime: provided.al2023
      Timeout: 60
      Environment: {Variables: {QUEUE_URL: !Ref Jobs, QUEUE_NAME: !GetAtt Jobs.QueueName}}
      Events:
        Work:
          Type: SQS
          Properties:
            Queue: !GetAtt Jobs.Arn
            Enabled: false
            BatchSize: 11
            MaximumBatchingWindowInSeconds: 2
            ScalingConfig: {MaximumConcurrency: 2}
            FunctionResponseTypes: [ReportBatchItemFailures]
`

func TestQueuesAndTheirMappings(t *testing.T) {
	s := resolve(t, withQueues, nil)
	const arn = "arn:aws:sqs:us-east-1:000000000000:"
	want := []Queue{
		{
			LogicalID: "Jobs", Name: "local-jobs", ARN: arn + "local-jobs", VisibilityTimeout: time.Minute, Delay: time.Second,
			RetentionPeriod: time.Hour, MaximumMessageSize: 2048, DeadLetters: "Letters", MaxReceiveCount: 5,
		},
		{
			LogicalID: "Letters", Name: "local-Letters", ARN: arn + "local-Letters", VisibilityTimeout: 30 * time.Second,
			RetentionPeriod: 4 * 24 * time.Hour, MaximumMessageSize: 1 << 20,
		},
	}
	if !slices.Equal(s.Queues, want) {
		t.Errorf("queues\n%+v, want\n%+v", s.Queues, want)
	}
	mapping := QueueMapping{
		LogicalID: "FnWork", Line: s.QueueMappings[0].Line, Function: "Fn", Queue: "Jobs", BatchSize: 11,
		MaximumBatchingWindow: 2 * time.Second, MaximumConcurrency: 2, ReportBatchItemFailures: true,
	}
	if !slices.Equal(s.QueueMappings, []QueueMapping{mapping}) || !strings.Contains(lineOf(withQueues, mapping.Line), "Work:") {
		t.Errorf("mappings\n%+v, want\n%+v", s.QueueMappings, mapping)
	}
	const url = "https://sqs.us-east-1.amazonaws.com/000000000000/local-jobs"
	if e := s.Functions[0].Environment; e["QUEUE_URL"] != url || e["QUEUE_NAME"] != "local-jobs" {
		t.Errorf("the function is told %v", e)
	}
	least := strings.NewReplacer("            Enabled: false\n", "", "            BatchSize: 11\n", "",
		"            MaximumBatchingWindowInSeconds: 2\n", "", "            ScalingConfig: {MaximumConcurrency: 2}\n", "",
		"            FunctionResponseTypes: [ReportBatchItemFailures]\n", "").Replace(withQueues)
	mapping = QueueMapping{LogicalID: "FnWork", Line: mapping.Line, Function: "Fn", Queue: "Jobs", Enabled: true, BatchSize: 10}
	if got := resolve(t, least, nil).QueueMappings; !slices.Equal(got, []QueueMapping{mapping}) {
		t.Errorf("by default\n%+v, want\n%+v", got, mapping)
	}
}

func lineOf(text string, line int) string { return strings.Split(text, "\n")[line-1] }

func TestQueuesAreRefused(t *testing.T) {
	const queue, event = "Resources.Jobs.Properties.", "Resources.Fn.Properties.Events.Work.Properties."
	const allow = "Resources.Letters.Properties.RedriveAllowPolicy"
	expectRefusals(t, withQueues, []refusal{
		{"QueueName: !Sub ${AWS::StackName}-${Name}", "QueueName: a.fifo", queue + "QueueName", "1 to 80 letters, digits, - and _"},
		{"QueueName: !Sub ${AWS::StackName}-${Name}", "QueueName: " + strings.Repeat("x", 81), queue + "QueueName", "is not a name"},
		{"QueueName: !Sub ${AWS::StackName}-${Name}", "QueueName: !Ref Letters", queue + "QueueName", "QueueName can name parameters only"},
		{"      VisibilityTimeout: 60", "      VisibilityTimeout: 43201", queue + "VisibilityTimeout", "from 0 to 43200"},
		{"DelaySeconds: 1", "DelaySeconds: 901", queue + "DelaySeconds", "from 0 to 900"},
		{"MessageRetentionPeriod: 3600", "MessageRetentionPeriod: 59", queue + "MessageRetentionPeriod", "from 60 to 1209600"},
		{"MaximumMessageSize: 2048", "MaximumMessageSize: 1023", queue + "MaximumMessageSize", "from 1024 to 1048576"},
		{"MaximumMessageSize: 2048", "FifoQueue: true", queue + "FifoQueue", "FifoQueue of AWS::SQS::Queue is neither"},
		{"MaximumMessageSize: 2048", "ReceiveMessageWaitTimeSeconds: 20", queue + "ReceiveMessageWaitTimeSeconds", "is neither emulated"},
		{"        maxReceiveCount: 5\n", "", queue + "RedrivePolicy", "maxReceiveCount is missing"},
		{"maxReceiveCount: 5", "maxReceiveCount: 0", queue + "RedrivePolicy.maxReceiveCount", "from 1 to 1000"},
		{"maxReceiveCount: 5", "MaxReceiveCount: 5", queue + "RedrivePolicy.MaxReceiveCount", "MaxReceiveCount of AWS::SQS::Queue is neither"},
		{"        deadLetterTargetArn: !GetAtt Letters.Arn\n", "", queue + "RedrivePolicy", "deadLetterTargetArn is missing"},
		{"deadLetterTargetArn: !GetAtt Letters.Arn", "deadLetterTargetArn: !Ref Letters", queue + "RedrivePolicy.deadLetterTargetArn", "is not the Arn of an AWS::SQS::Queue"},
		{"deadLetterTargetArn: !GetAtt Letters.Arn", "deadLetterTargetArn: !GetAtt Leters.Arn", queue + "RedrivePolicy.deadLetterTargetArn", "did you mean Letters?"},
		{"deadLetterTargetArn: !GetAtt Letters.Arn", "deadLetterTargetArn: !GetAtt Jobs.Arn", queue + "RedrivePolicy.deadLetterTargetArn", "a circle of references: Jobs -> Jobs"},
		{"redrivePermission: byQueue", "redrivePermission: someone", allow + ".redrivePermission", `"someone" is not emulated, only allowAll, denyAll, byQueue`},
		{"redrivePermission: byQueue", "redrivePermission: denyAll", allow + ".sourceQueueArns", "only byQueue takes sourceQueueArns"},
		{"redrivePermission: byQueue", "redrivePermission: denyAll", queue + "RedrivePolicy.deadLetterTargetArn", "the RedriveAllowPolicy of Letters does not allow Jobs"},
		{"        sourceQueueArns: [", "        sourceQueueArns: [other] #", queue + "RedrivePolicy.deadLetterTargetArn", "the RedriveAllowPolicy of Letters does not allow Jobs"},
		{"        sourceQueueArns: [", "        #", allow, "byQueue takes sourceQueueArns"},
		{"        sourceQueueArns: [", "        sourceQueueArns: [a, b, c, d, e, f, g, h, i, j, ", allow + ".sourceQueueArns", "11 queues are too many"},
		{"        sourceQueueArns: [", "        sourceQueueArns: [!GetAtt Jobs.Arn] #", allow + ".sourceQueueArns[0]", "closes a circle of references"},

		{"Queue: !GetAtt Jobs.Arn", "Queue: !Ref Jobs", event + "Queue", "is not the Arn of an AWS::SQS::Queue"},
		{"            Queue: !GetAtt Jobs.Arn\n", "", "Resources.Fn.Properties.Events.Work.Properties", "Queue is missing"},
		{"      VisibilityTimeout: 60", "      VisibilityTimeout: 59", event + "Queue", "queue visibility timeout: 59 seconds is less than function timeout: 60 seconds"},
		{"MaximumBatchingWindowInSeconds: 2", "MaximumBatchingWindowInSeconds: 0", event + "BatchSize", "more than 10 messages needs MaximumBatchingWindowInSeconds"},
		{"MaximumBatchingWindowInSeconds: 2", "MaximumBatchingWindowInSeconds: 301", event + "MaximumBatchingWindowInSeconds", "from 0 to 300"},
		{"BatchSize: 11", "BatchSize: 10001", event + "BatchSize", "from 1 to 10000"},
		{"MaximumConcurrency: 2", "MaximumConcurrency: 1", event + "ScalingConfig.MaximumConcurrency", "from 2 to 1000"},
		{"MaximumConcurrency: 2", "MinimumConcurrency: 2", event + "ScalingConfig.MinimumConcurrency", "MinimumConcurrency of an event of type SQS"},
		{"[ReportBatchItemFailures]", "[Other]", event + "FunctionResponseTypes[0]", `"Other" is not emulated`},
		{"Enabled: false", "Enabled: maybe", event + "Enabled", "neither true nor false"},
		{"Enabled: false", "FilterCriteria: {}", event + "FilterCriteria", "FilterCriteria of an event of type SQS is neither"},
		{"        Work:\n", "        More: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn}}\n        Work:\n", event + "Queue", "there is a mapping from Jobs to Fn already"},
	})
}
