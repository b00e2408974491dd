// Command poll is the Lambda function for clients that cannot keep a connection open: they poll, and send.
package main

import "serverlesschat/internal/app"

func main() { app.Run("poll", app.Poll) }
