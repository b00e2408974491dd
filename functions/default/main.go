// Command default is the Lambda function for the route $default: every action but sendMessage.
package main

import "serverlesschat/internal/app"

func main() { app.Run("default", app.Default) }
