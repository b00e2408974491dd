// Command sendmessage is the Lambda function for the route sendMessage: it stores a message and acknowledges it.
package main

import "serverlesschat/internal/app"

func main() { app.Run("sendmessage", app.SendMessage) }
