package e2e

import "serverlesschat/localtest/aws/iam"

// exceptions are all the rights that no call of a test needs and that the template gives all the same. One that is not
// given any more, or that a test has come to need, is an error.
func exceptions() []iam.Exception {
	return []iam.Exception{
		{
			Role: "FanoutRole", Action: "dynamodb:ListStreams",
			Reason: "Lambda asks for it when it makes the stream mapping, as a stack does that starts; reading never calls it",
		},
		{
			Role: "ReceiptsRole", Action: "dynamodb:ListStreams",
			Reason: "as with FanoutRole",
		},
	}
}
