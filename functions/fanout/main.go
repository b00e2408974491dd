// Command fanout is the Lambda function that the stream of the entries invokes: it pushes a room's news to its members.
package main

import "serverlesschat/internal/app"

func main() { app.Run("fanout", app.Fanout) }
