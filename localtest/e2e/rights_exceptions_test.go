package e2e

// rightsException is a right that no call of a test needs, and that is given all the same.
type rightsException struct{ role, action, reason string }

// rightsExceptions are all there are. One that is no longer in the template, or that a test has come to need, is an error.
func rightsExceptions() []rightsException {
	return []rightsException{
		{"FanoutRole", "dynamodb:ListStreams", "Lambda asks for it when it makes the stream mapping (a stack's start checks it), and reading calls it never"},
	}
}
