// Command push is the Lambda function that the fan-out invokes for large rooms: it pushes to a part of the members.
package main

import "serverlesschat/internal/app"

func main() { app.Run("push", app.Push) }
