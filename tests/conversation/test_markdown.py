from rnnrepl.conversation.markdown import markdown
from rnnrepl.conversation.tree import Conversation, Token


def test_markdown_shows_the_text_as_it_is_and_where_it_came_from():
    conversation = Conversation()
    conversation.add("typed", "# a*b\n", [Token(0, 3, -0.7), Token(0, 6, -0.7)], {})
    conversation.add("written", "<c>", [Token(0, 3, -1.4, -0.1)], {}, seed=5)
    assert markdown(conversation, "my_model") == (
        "# A conversation with my\\_model\n"
        "\n"
        "<b>\\# a\\*b</b>\\\n"
        "&lt;c&gt;\n"
        "\n"
        "| piece | tokens | bits per token | seed |\n"
        "|---|---|---|---|\n"
        "| 1, typed | 2 | 1.01 |  |\n"
        "| 2, written | 1 | 2.02 | 5 |\n"
    )


def test_nothing_in_a_text_is_taken_for_markdown():
    conversation = Conversation()
    conversation.add("written", "1. It's - so\n - so.\n+ a\n===\n[b](c) `d` #e", [], {})
    assert markdown(conversation, "tiny").split("\n\n")[1] == (
        "1\\. It's - so\\\n \\- so.\\\n\\+ a\\\n\\===\\\n\\[b\\](c) \\`d\\` \\#e"
    )


def test_an_empty_conversation_has_no_pieces():
    assert markdown(Conversation(), "tiny").endswith("|---|---|---|---|\n\n")
