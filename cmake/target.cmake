# SPDX-License-Identifier: GPL-2.0-or-later
# What every target of ours is compiled with.
#
# Headers are included as "folder/stem.h". So that a folder which is not linked cannot be
# included, each target gets a directory that holds only a link to its own folder.

set(VPS_WARNINGS
	-Wall -Wextra -Wshadow -Wformat=2 -Wvla -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wundef -Wwrite-strings -Wimplicit-fallthrough
)
if(VPS_WERROR)
	list(APPEND VPS_WARNINGS -Werror)
endif()

set(VPS_HARDENING
	-fstack-protector-strong -fno-strict-overflow -fcf-protection
)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" OR CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 11)
	list(APPEND VPS_HARDENING -fstack-clash-protection)
endif()

if(VPS_SANITIZE)
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
	add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(VPS_FUZZ)	# so that the fuzzer sees which way an input took through the libraries
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)

# vps_target(NAME): the warnings, and "NAME/…" as the way to include its headers.
function(vps_target name)
	target_compile_options(${name} PRIVATE ${VPS_WARNINGS} ${VPS_HARDENING})
	target_compile_definitions(${name} PRIVATE _GNU_SOURCE VPS_VERSION="${PROJECT_VERSION}")
	set(view ${CMAKE_BINARY_DIR}/include/${name})
	file(MAKE_DIRECTORY ${view})
	file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)
	target_include_directories(${name} PUBLIC ${view})
endfunction()

# vps_uses(NAME [STATIC] PACKAGE...): libraries of the system by their pkg-config names.
# STATIC takes the archive where Debian has one: each shared library costs every command some
# 0.1 ms of start-up, and a start of a VPS is two programs.
option(VPS_STATIC "link small libraries statically" ON)
function(vps_uses name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "STATIC" "" "")
	foreach(package IN LISTS arg_UNPARSED_ARGUMENTS)
		if(NOT TARGET PkgConfig::${package})
			pkg_check_modules(${package} REQUIRED IMPORTED_TARGET GLOBAL ${package})
		endif()
		if(VPS_STATIC AND arg_STATIC)
			string(REGEX REPLACE "^lib" "" stem ${package})
			find_library(VPS_ARCHIVE_${stem} NAMES lib${stem}.a)
			mark_as_advanced(VPS_ARCHIVE_${stem})
		endif()
		if(VPS_ARCHIVE_${stem})
			target_include_directories(${name} SYSTEM PRIVATE ${${package}_INCLUDE_DIRS})
			target_link_libraries(${name} PRIVATE ${VPS_ARCHIVE_${stem}})
			if(stem STREQUAL "sqlite3")
				target_link_libraries(${name} PRIVATE m)
			endif()
		else()
			# A program that is static as a whole takes nothing from what has no archive.
			target_link_libraries(${name} PRIVATE
				$<$<NOT:$<BOOL:$<TARGET_PROPERTY:VPS_IS_STATIC>>>:PkgConfig::${package}>)
		endif()
	endforeach()
endfunction()
