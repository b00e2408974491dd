package lambda

import (
	"encoding/json"
	"fmt"
	"time"
)

// unhandled is the FunctionError of every failure (AWS Lambda API reference, "Invoke": X-Amz-Function-Error).
const unhandled = "Unhandled"

// failureBody is what a failed invocation returns, and what the Runtime API answers to a wrong call.
type failureBody struct {
	ErrorMessage string `json:"errorMessage"`
	ErrorType    string `json:"errorType"`
}

func failure(errorType, message string) []byte {
	body, err := json.Marshal(failureBody{ErrorMessage: message, ErrorType: errorType})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return body
}

// timeoutFailure and exitFailure have the wording of AWS's Runtime Interface Emulator.
func timeoutFailure(id string, timeout time.Duration) []byte {
	return failure("Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: %s", id, timeoutText(timeout)))
}

func timeoutText(timeout time.Duration) string {
	return fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds())
}

func exitFailure(id string, err error) []byte {
	return failure("Runtime.ExitError", fmt.Sprintf("RequestId: %s Error: %s", id, exitText(err)))
}

func responseTooLarge(size int64) []byte {
	return failure("Function.ResponseSizeTooLarge",
		fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", size, maxResponse))
}

// describeFailure makes the text for a log line out of a failed invocation's payload.
func describeFailure(payload []byte) string {
	var body failureBody
	if err := json.Unmarshal(payload, &body); err != nil || body.ErrorType == "" {
		return unhandled
	}
	return body.ErrorType + ": " + body.ErrorMessage
}
