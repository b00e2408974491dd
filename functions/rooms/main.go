// Command rooms is the Lambda function behind the HTTP API for rooms and their members.
package main

import "serverlesschat/internal/app"

func main() { app.Run("rooms", app.Rooms) }
