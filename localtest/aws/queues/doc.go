// Package queues is a small Amazon SQS: standard queues, their data plane over HTTP, redrive of dead letters, and
// Lambda's event source mapping for a queue. What is not listed below is refused, by name.
//
// # The way of a message
//
//	send      a line in the queue's journal, on the disk before the answer
//	schedule  messages by the time at which they become visible
//	receive   counts, hides, and moves what was received too often to the dead-letter queue
//	poller    receives a batch, invokes the function, deletes what it is done with
//	move task takes dead letters back, as new messages
//
// A journal has a line for each change of a message. It survives kill -9 in full, since each line is written before
// the change is answered. A power cut may take lines about receives and deletes, so that messages come again: delivery
// is at least once, as AWS says. A journal that has doubled is compacted.
//
// # What AWS says, and which test shows it
//
// Sources: SQS is the Amazon SQS Developer Guide, API its API Reference and model, LDG the Lambda Developer Guide,
// each with the page. "Recorded" are answers of AWS that the tests of LocalStack keep (tests/aws/services/sqs and
// lambda_). "Reported" has several users for it. Names in quotes are statements of TestConformance.
//
// Messages
//
//   - A body has 1 byte to MaximumMessageSize, up to 1 MiB (API, SendMessage; the text is recorded): "a message may be
//     as large as the queue says". An empty one is a MissingParameter (recorded for other parameters alone).
//   - It has characters of XML 1.0, else the error is InvalidMessageContents (API, SendMessage, 2025; older versions
//     of the page say that they are replaced): "a message has the characters of XML". The text of the error is
//     unconfirmed.
//   - MD5OfMessageBody and MD5OfBody are the MD5 of the body, in lower-case hex (API; SDKs check them): "a message is
//     received as it was sent".
//   - DelaySeconds is 0 to 900, the queue's if absent (API, SendMessage): "a message may be delayed", "a queue may
//     delay its messages".
//   - A receive returns up to 10 messages and waits up to 20 s for the first (API, ReceiveMessage): "a receive waits
//     for a message", TestAReceiveWaitsAsLongAsItSays, TestAWaitingReceiveGetsAMessageAtOnce.
//   - System attributes come when they are asked for, by either of two names (API, ReceiveMessage; recorded): "a
//     message has the attributes that were asked for".
//   - A message is kept for the retention period, 60 s to 14 d, 4 d by default (API, SetQueueAttributes):
//     TestAMessageIsKeptForTheRetentionPeriod.
//
// Visibility
//
//   - A received message is hidden for the visibility timeout: that of the receive, else the queue's, 0 s to 12 h, 30
//     s by default (SQS, "Amazon SQS visibility timeout"): "a received message is hidden for the visibility timeout",
//     "a receive may set the visibility timeout", TestVisibilityTimeoutEndsToTheMillisecond.
//   - ChangeMessageVisibility sets the time from now on; 0 shows the message at once; the total since the receive is
//     12 h at most (API, ChangeMessageVisibility; the text is reported): "a visibility timeout of 0 shows a message at
//     once", TestVisibilityTimeoutIsTwelveHoursInAllAtMost.
//   - It works on a message whose timeout has run out and that nobody else has received (recorded): "a message whose
//     visibility timeout has run out may be hidden again". So MessageNotInflight is never answered.
//   - Each receive has a receipt handle of its own. A delete by an older one succeeds and deletes nothing, and so does
//     a repeated delete (API, DeleteMessage): "an old receipt handle deletes nothing", "a delete may be repeated". A
//     change by an older one, or of a deleted message, is an InvalidParameterValue (reported): "an old receipt handle
//     changes no visibility", "a receipt handle of a deleted message changes no visibility".
//
// Dead letters
//
//   - A message whose receives exceed maxReceiveCount is moved (SQS, "Using dead-letter queues in Amazon SQS"), with
//     its id (recorded). That it is the next receive that moves it is unconfirmed; so is that it keeps its receive
//     count. "A message that was received too often is moved".
//   - It keeps the time of its sending, by which it expires (SQS, "Setting-up dead-letter queue retention"):
//     TestADeadLetterKeepsTheTimeOfItsSending.
//   - StartMessageMoveTask takes the dead-letter queue of another SQS queue alone, existing queues, 1 to 500 messages
//     a second, and one active task (API, StartMessageMoveTask; codes and texts are recorded, that of the rate is
//     unconfirmed): "what move tasks refuse", "one move task runs at a time", TestAMoveTaskKeepsToItsRate.
//   - Without a destination each message goes back to the queue it came from, as a new message: id, time and retention
//     begin anew (SQS, "Learn how to configure a dead-letter queue redrive"): "a message goes back to the queue it
//     came from", "of two queues with one dead-letter queue each gets its own back" (recorded).
//   - A message that was sent to the dead-letter queue directly has no way back: the task fails with
//     CouldNotDetermineMessageSource (SQS, "Troubleshoot dead-letter queue and DLQ redrive issues"): "a message that
//     was sent to the dead-letter queue has no way back". What Lambda gives up of a stream is such a message.
//   - ListMessageMoveTasks tells of the newest ten, and a handle of running ones only (API; recorded): "as the task
//     tells". That a task moves what is visible when it begins, and leaves what is in flight, is unconfirmed:
//     TestAMoveTaskMovesWhatWasThereAndLeavesWhatIsInFlight.
//
// The wire
//
//   - AWS JSON 1.0 with X-Amz-Target: AmazonSQS.OPERATION; errors have __type and message, the header
//     x-amzn-query-error with the older code, every answer x-amzn-RequestId (SQS, "Making Query API requests" and "AWS
//     JSON protocol"; codes are recorded): TestErrorsAreSentAsAWSDoes, TestAnswersHaveTheFormOfAWS, "codes of errors".
//
// The event source mapping
//
//   - The event (LDG, "Using Lambda with Amazon SQS"; recorded): TestAnEventHasTheFormOfAWS.
//   - BatchSize, 10 by default and up to 10,000, with a window of 1 s or more above 10; MaximumBatchingWindow up to
//     300 s, from the first message on; 6 MB in all (LDG, "Lambda parameters for Amazon SQS event source mappings" and
//     "Batching behavior"): batches_test.go.
//   - The function's timeout must not exceed the queue's visibility timeout (LDG, "Creating and configuring an Amazon
//     SQS event source mapping"; the text is reported): TestMappingsThatAWSRefusesAreErrors.
//   - Five batches at a time at first, up to 300 more a minute while messages are left, 1,000 or MaximumConcurrency (2
//     to 1,000) at most, five again when there is little to do (LDG, "Configuring scaling behavior for SQS event
//     source mappings"): TestConcurrencyGrowsWhileMessagesAreLeft, TestMaximumConcurrencyHolds.
//   - Success deletes the batch; an error or a timeout leaves it to its visibility timeout (LDG, "Handling errors for
//     an SQS event source in Lambda"): TestSuccessDeletesTheBatch, TestAFailureLeavesTheBatchToItsVisibilityTimeout.
//   - With ReportBatchItemFailures the reported messages alone come again; what counts as success and as failure of
//     all (the same page): TestReportedMessagesAloneComeAgain, TestVerdicts.
//   - An invocation that was throttled is tried again until the visibility timeout ends (the same page), and has
//     counted as a receive (reported): TestARefusedInvocationIsTriedAgain. The pauses, 200 ms doubled up to 10 s, are
//     ours.
//   - A visibility that the function has set for its message holds (reported): TestAVisibilityThatTheFunctionSetHolds.
//
// # What is different from AWS
//
//   - Queues are those of the configuration. There are no FIFO queues, message attributes, batch operations, purges,
//     tags, policies, long polls by the queue's default, nor the older query protocol. Signatures are not verified.
//   - What messages in flight are limited to, about 120,000, is not.
//   - SenderId is the account. LastModifiedTimestamp is that of the making.
//   - A move task ends when the service closes; its messages stay in the dead-letter queue. No task can be cancelled.
//   - Errors of a function do not lower the mapping's concurrency, which AWS does to a degree that no page says.
//     Filters are not known.
//
// # Other implementations
//
// make sqs-conformance holds MiniStack and ElasticMQ against the statements of TestConformance. What they do not keep,
// and why AWS does, is in conformance/differences.txt. In short: both refuse old receipt handles, MiniStack has no
// move tasks and takes values out of range, ElasticMQ sends other codes, moves dead letters with their ids and to any
// one of several sources, and has no limit of size by queue.
package queues
